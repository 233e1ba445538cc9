//! Credentials from the environment, by the names that OpenStack's own clients use.

use std::env;
use std::sync::Arc;

use super::{ApplicationCredential, Auth, NoAuth, Password, Token};
use crate::placement::{Error, HttpTransport, Transport};

/// The credentials that the `OS_*` variables give, as OpenStack's own clients
/// read them.
///
/// | `OS_AUTH_TYPE` | other variables |
/// |---|---|
/// | `password` (also without it) | `OS_AUTH_URL`, `OS_USERNAME`, `OS_PASSWORD`, `OS_PROJECT_NAME`, `OS_USER_DOMAIN_NAME`, `OS_PROJECT_DOMAIN_NAME` (both `Default` unless set) |
/// | `v3applicationcredential` (also without it, if the ID is set) | `OS_AUTH_URL`, `OS_APPLICATION_CREDENTIAL_ID`, `OS_APPLICATION_CREDENTIAL_SECRET` |
/// | `token`, `v3token`, `admin_token` | `OS_TOKEN` |
/// | `none`, `noauth` | |
///
/// With the feature `placement-tls`, `OS_CACERT` is a file of the authorities to
/// trust for Keystone in place of the built-in ones.
///
/// # Errors
///
/// [`Error::Setting`] if a variable is missing, or has a value that is not known.
pub fn auth_from_env() -> Result<Box<dyn Auth>, Error> {
    from(&|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

type Variables<'a> = &'a dyn Fn(&'static str) -> Option<String>;

fn from(variable: Variables<'_>) -> Result<Box<dyn Auth>, Error> {
    let needed = |name| needed(variable, name);
    let or_default = |name| variable(name).unwrap_or_else(|| "Default".to_owned());
    let kind = variable("OS_AUTH_TYPE").unwrap_or_else(|| {
        let has_credential = variable("OS_APPLICATION_CREDENTIAL_ID").is_some();
        let kind = if has_credential {
            "v3applicationcredential"
        } else {
            "password"
        };
        kind.to_owned()
    });
    Ok(match &*kind {
        "password" | "v3password" => {
            let auth = Password::new(
                needed("OS_AUTH_URL")?,
                needed("OS_USERNAME")?,
                needed("OS_PASSWORD")?,
                needed("OS_PROJECT_NAME")?,
            )
            .user_domain(or_default("OS_USER_DOMAIN_NAME"))
            .project_domain(or_default("OS_PROJECT_DOMAIN_NAME"));
            Box::new(auth.transport(transport(variable)?))
        }
        "v3applicationcredential" => {
            let auth = ApplicationCredential::new(
                needed("OS_AUTH_URL")?,
                needed("OS_APPLICATION_CREDENTIAL_ID")?,
                needed("OS_APPLICATION_CREDENTIAL_SECRET")?,
            );
            Box::new(auth.transport(transport(variable)?))
        }
        "token" | "v3token" | "admin_token" => Box::new(Token::new(needed("OS_TOKEN")?)),
        "none" | "noauth" => Box::new(NoAuth::admin()),
        other => {
            let reason = format!("`{other}` is not supported");
            return Err(Error::setting("OS_AUTH_TYPE", reason));
        }
    })
}

/// A transport to Keystone, which trusts the authorities of `OS_CACERT` if it is
/// set.
fn transport(variable: Variables<'_>) -> Result<Arc<dyn Transport>, Error> {
    let settings = HttpTransport::builder();
    #[cfg(feature = "placement-tls")]
    let settings = match variable("OS_CACERT") {
        Some(path) => settings.ca_file(path),
        None => settings,
    };
    let transport = HttpTransport::for_url(&needed(variable, "OS_AUTH_URL")?, settings)?;
    Ok(Arc::new(transport))
}

fn needed(variable: Variables<'_>, name: &'static str) -> Result<String, Error> {
    variable(name).ok_or_else(|| Error::setting(name, "it is not set"))
}
