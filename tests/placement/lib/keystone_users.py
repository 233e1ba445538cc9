"""Makes the users that the tests need, as the administrator that the bootstrap made.

Usage: keystone_users.py URL. Prints the application credential as NAME=VALUE."""

import sys

from keystoneauth1 import session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client

url = sys.argv[1] + "/v3"


def keystone(username, password, project):
    auth = v3.Password(
        auth_url=url, username=username, password=password, project_name=project,
        user_domain_name="Default", project_domain_name="Default",
    )
    return client.Client(session=session.Session(auth=auth), endpoint_override=url)


admin = keystone("admin", "admin", "admin")
roles = {role.name: role for role in admin.roles.list()}
roles.setdefault("service", None)
if roles["service"] is None:
    roles["service"] = admin.roles.create("service")
project = admin.projects.create("service", domain="default")
for name, granted in [("nova", ["service", "reader"]), ("reader", ["reader"])]:
    user = admin.users.create(name, domain="default", password=name + "-password")
    for role in granted:
        admin.roles.grant(roles[role], user=user, project=project)

nova = keystone("nova", "nova-password", "service")
user = nova.session.get_user_id()
credential = nova.application_credentials.create(
    "tests", user=user, secret="credential-secret", roles=[{"name": "service"}]
)
print(f"PROVIDER_TREE_CREDENTIAL_ID={credential.id}")
