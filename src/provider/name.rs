//! The names of resource classes and traits. Only [`checked`](super::checked) makes them
//! from text.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smol_str::SmolStr;

macro_rules! text {
    ($name:ident) => {
        impl From<&$name> for $name {
            fn from(name: &$name) -> Self {
                name.clone()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        // `Hash`, `Eq` and `Ord` are those of the text, as `Borrow` requires.
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }
    };
}

/// A kind of resource that inventories count: `VCPU`, `MEMORY_MB`, `CUSTOM_FPGA` ...
///
/// The standard classes are constants. A clone is O(1).
///
/// ```
/// use provider_tree::ResourceClass;
///
/// assert_eq!(ResourceClass::new("VCPU")?, ResourceClass::VCPU);
/// assert!(ResourceClass::new("custom fpga").is_err());
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ResourceClass(Class);

/// Nearly all classes are standard, and each copy of a provider copies some, so they are
/// stored as numbers.
#[derive(Clone, PartialEq, Eq)]
enum Class {
    /// Its position in [`ResourceClass::STANDARD`].
    Standard(u8),
    /// Any other class.
    Custom(Arc<str>),
}

text!(ResourceClass);

impl ResourceClass {
    /// A class with a name that has been checked.
    pub(super) fn from_checked(name: &str) -> Self {
        let standard = STANDARD_NAMES.iter().position(|one| *one == name);
        Self(match standard {
            Some(at) => Class::Standard(at as u8),
            None => Class::Custom(name.into()),
        })
    }

    /// Whether it is stored as a number.
    pub(crate) fn is_standard(&self) -> bool {
        matches!(self.0, Class::Standard(_))
    }

    /// The name as text. Cost: O(1).
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Class::Standard(at) => STANDARD_NAMES[usize::from(*at)],
            Class::Custom(name) => name,
        }
    }
}

/// A capability of a provider: `HW_CPU_X86_AVX2`, `CUSTOM_GOLD` ...
///
/// A clone is O(1).
///
/// ```
/// use provider_tree::Trait;
///
/// assert_eq!(Trait::new("CUSTOM_GOLD")?.as_str(), "CUSTOM_GOLD");
/// assert!(Trait::new("gold").is_err());
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Trait(SmolStr);

text!(Trait);

impl Trait {
    /// The trait of a provider that shares its inventory with the members of its
    /// aggregates; see [`Forest::has_sharing_provider`].
    ///
    /// [`Forest::has_sharing_provider`]: crate::Forest::has_sharing_provider
    pub const MISC_SHARES_VIA_AGGREGATE: Self =
        Self(SmolStr::new_static("MISC_SHARES_VIA_AGGREGATE"));

    /// A trait with a name that has been checked.
    pub(super) fn from_checked(name: &str) -> Self {
        let standard = Self::MISC_SHARES_VIA_AGGREGATE;
        if name == standard.as_str() {
            return standard;
        }
        Self(SmolStr::new(name))
    }

    /// The name as text. Cost: O(1).
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

macro_rules! standard_resource_classes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The names of the standard classes, in order.
        const STANDARD_NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Their positions in that order.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Position { $($name),* }

        impl ResourceClass {
            $($(#[$doc])* pub const $name: Self = Self(Class::Standard(Position::$name as u8));)*

            /// The standard resource classes, in the order of their ids in
            /// Placement 16 (`os-resource-classes` 1.1.0).
            pub const STANDARD: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

standard_resource_classes! {
    /// Virtual processors.
    VCPU,
    /// Memory, in MiB.
    MEMORY_MB,
    /// Disk space, in GiB.
    DISK_GB,
    /// PCI devices.
    PCI_DEVICE,
    /// Virtual functions of SR-IOV network cards.
    SRIOV_NET_VF,
    /// Processor sockets.
    NUMA_SOCKET,
    /// Processor cores of a NUMA node.
    NUMA_CORE,
    /// Processor threads of a NUMA node.
    NUMA_THREAD,
    /// Memory of a NUMA node, in MiB.
    NUMA_MEMORY_MB,
    /// IPv4 addresses.
    IPV4_ADDRESS,
    /// Virtual GPUs.
    VGPU,
    /// Display heads of virtual GPUs.
    VGPU_DISPLAY_HEAD,
    /// Outgoing network bandwidth, in kbit/s.
    NET_BW_EGR_KILOBIT_PER_SEC,
    /// Incoming network bandwidth, in kbit/s.
    NET_BW_IGR_KILOBIT_PER_SEC,
    /// Processors dedicated to one guest each.
    PCPU,
    /// Guests whose memory the hardware can encrypt.
    MEM_ENCRYPTION_CONTEXT,
    /// Accelerators of an FPGA.
    FPGA,
    /// Physical GPUs.
    PGPU,
    /// Network packet rate of both directions, in thousand packets/s.
    NET_PACKET_RATE_KILOPACKET_PER_SEC,
    /// Outgoing network packet rate, in thousand packets/s.
    NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC,
    /// Incoming network packet rate, in thousand packets/s.
    NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC,
}
