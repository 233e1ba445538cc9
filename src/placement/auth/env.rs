//! Credentials from the environment, by the names that OpenStack's own clients use.

use std::env;

use super::{ApplicationCredential, Auth, NoAuth, Password, Token};
use crate::placement::error::Error;
use crate::placement::http::HttpTransport;

/// Reads credentials from the `OS_*` variables, as OpenStack's own clients do.
///
/// | `OS_AUTH_TYPE` | other variables |
/// |---|---|
/// | `password` (also without it) | `OS_AUTH_URL`, `OS_USERNAME`, `OS_PASSWORD`, `OS_PROJECT_NAME`; `OS_USER_DOMAIN_NAME` or `OS_USER_DOMAIN_ID`, `OS_PROJECT_DOMAIN_NAME` or `OS_PROJECT_DOMAIN_ID` (the domain named `Default` unless set) |
/// | `v3applicationcredential` (also without it, if the ID is set) | `OS_AUTH_URL`, `OS_APPLICATION_CREDENTIAL_ID`, `OS_APPLICATION_CREDENTIAL_SECRET` |
/// | `token`, `v3token`, `admin_token` | `OS_TOKEN` |
/// | `none`, `noauth` | |
///
/// With the feature `placement-tls`, `OS_CACERT` names a PEM file of the certificate
/// authorities to trust for Keystone instead of the built-in ones.
///
/// # Errors
///
/// [`Error::Setting`] if a variable is missing or has an unsupported value.
pub fn auth_from_env() -> Result<Box<dyn Auth>, Error> {
    from(&|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

type Variables<'a> = &'a dyn Fn(&'static str) -> Option<String>;

fn from(variable: Variables<'_>) -> Result<Box<dyn Auth>, Error> {
    let needed = |name| needed(variable, name);
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
            let mut auth = Password::new(
                needed("OS_AUTH_URL")?,
                needed("OS_USERNAME")?,
                needed("OS_PASSWORD")?,
                needed("OS_PROJECT_NAME")?,
            );
            if let Some(id) = variable("OS_USER_DOMAIN_ID") {
                auth = auth.user_domain_id(id);
            }
            if let Some(name) = variable("OS_USER_DOMAIN_NAME") {
                auth = auth.user_domain(name);
            }
            if let Some(id) = variable("OS_PROJECT_DOMAIN_ID") {
                auth = auth.project_domain_id(id);
            }
            if let Some(name) = variable("OS_PROJECT_DOMAIN_NAME") {
                auth = auth.project_domain(name);
            }
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
            let reason = format!(
                "`{other}` is not supported: use password, v3applicationcredential, token or none"
            );
            return Err(Error::setting("OS_AUTH_TYPE", reason));
        }
    })
}

/// A transport to Keystone that trusts the authorities in `OS_CACERT`, if set.
fn transport(variable: Variables<'_>) -> Result<HttpTransport, Error> {
    let settings = HttpTransport::builder();
    #[cfg(feature = "placement-tls")]
    let settings = match variable("OS_CACERT") {
        Some(path) => settings.ca_file(path),
        None => settings,
    };
    HttpTransport::for_url(&needed(variable, "OS_AUTH_URL")?, settings)
}

fn needed(variable: Variables<'_>, name: &'static str) -> Result<String, Error> {
    variable(name).ok_or_else(|| Error::setting(name, "it is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Box<dyn Auth>, Error> {
        from(&|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_auth_type_reads_its_variables_and_names_a_missing_one() {
        let keystone = ("OS_AUTH_URL", "http://keystone");
        let password = [
            keystone,
            ("OS_USERNAME", "nova"),
            ("OS_PASSWORD", "hunter2"),
            ("OS_PROJECT_NAME", "service"),
        ];
        let credential = [
            keystone,
            ("OS_APPLICATION_CREDENTIAL_ID", "id"),
            ("OS_APPLICATION_CREDENTIAL_SECRET", "hunter2"),
        ];
        for (kind, variables) in [
            ("password", &password[..]),
            ("v3applicationcredential", &credential),
            ("token", &[("OS_TOKEN", "hunter2")]),
            ("none", &[]),
        ] {
            let all = [variables, &[("OS_AUTH_TYPE", kind)]].concat();
            assert!(read(&all).is_ok(), "{kind}");
            for missing in 0..variables.len() {
                let mut some = all.clone();
                let (name, _) = some.remove(missing);
                match read(&some).err() {
                    Some(Error::Setting { name: named, .. }) => assert_eq!(named, name),
                    other => panic!("{kind} without {name}: {other:?}"),
                }
            }
        }
        // Without `OS_AUTH_TYPE`, the variables that are set decide.
        assert!(read(&password).is_ok() && read(&credential).is_ok());
    }

    #[test]
    fn an_unknown_auth_type_and_a_missing_file_are_named() {
        let named = |variables: &[(&str, &str)]| match read(variables).err() {
            Some(Error::Setting { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(&[("OS_AUTH_TYPE", "v2password")]), "OS_AUTH_TYPE");
        assert_eq!(named(&[]), "OS_AUTH_URL");
        #[cfg(feature = "placement-tls")]
        assert_eq!(
            named(&[
                ("OS_AUTH_URL", "https://keystone"),
                ("OS_APPLICATION_CREDENTIAL_ID", "id"),
                ("OS_APPLICATION_CREDENTIAL_SECRET", "hunter2"),
                ("OS_CACERT", "/no/such/file"),
            ]),
            "/no/such/file"
        );
    }
}
