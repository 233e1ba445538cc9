"""Lets Nova's report client do what a compute service lets it do, and counts its requests.

Usage: report_client.py URL

Each line of standard input is a host: a list of providers as Placement's JSON has them, the
root first. For each there is a line of output with the requests and the milliseconds of each
of OPERATIONS. The host stays in Placement.
"""

import json
import logging
import sys
import time

from keystoneauth1 import adapter, noauth, session
from nova import conf, context, exception
from nova.scheduler.client import report
import requests

HEADERS = {"x-auth-token": "admin", "x-roles": "admin,service"}
# As `_update_to_placement` of Nova's resource tracker.
ATTEMPTS = 4


class CountingSession(requests.Session):
    count = 0

    def send(self, *arguments, **options):
        self.count += 1
        return super().send(*arguments, **options)


class Host:
    """A host with a report client of its own, as one compute service has."""

    def __init__(self, url, http, providers):
        self.url = url
        self.http = http
        self.root = providers[0]
        self.providers = providers
        self.context = context.get_admin_context()
        self.client = self.new_client()
        self.conflicts = 0

    def new_client(self):
        through = session.Session(
            auth=noauth.NoAuth(endpoint=self.url), session=self.http,
            additional_headers=HEADERS)
        return report.SchedulerReportClient(
            adapter.Adapter(through, service_type="placement", raise_exc=False))

    def update_provider_tree(self, tree):
        """What a virt driver does. It leaves what others have added."""
        for provider in self.providers:
            uuid = provider["uuid"]
            if not tree.exists(uuid):
                tree.new_child(
                    provider["name"], provider["parent_provider_uuid"], uuid=uuid)
            tree.update_inventory(uuid, provider["inventories"])
            tree.add_traits(uuid, *provider["traits"])
            tree.add_aggregates(uuid, *provider["aggregates"])

    def update_to_placement(self):
        """What the resource tracker does in each of its periods."""
        for attempt in range(ATTEMPTS):
            tree = self.client.get_provider_subtree_and_ensure_root(
                self.context, self.root["uuid"], name=self.root["name"])
            self.client.get_allocations_for_provider_tree(
                self.context, self.root["name"])
            self.update_provider_tree(tree)
            try:
                return self.client.update_from_provider_tree(self.context, tree)
            except exception.ResourceProviderUpdateConflict:
                self.conflicts += 1
                if attempt + 1 == ATTEMPTS:
                    raise

    def let_associations_be_old(self):
        """As if `resource_provider_association_refresh`, 300 s, had passed."""
        for uuid in self.client._association_refresh_time:
            self.client._association_refresh_time[uuid] -= 301

    def change(self, number):
        """Reserves all of a few providers, or nothing if it is reserved already."""
        stocked = [it for it in self.providers if it["inventories"]]
        for provider in stocked[:number]:
            for record in provider["inventories"].values():
                record["reserved"] = 0 if record.get("reserved") else record["total"]
        return stocked[0]["uuid"]

    def let_another_client_change(self, uuid):
        url = f"{self.url}/resource_providers/{uuid}/traits"
        headers = {**HEADERS, "openstack-api-version": "placement 1.39"}
        document = requests.get(url, headers=headers).json()
        document["traits"].append("COMPUTE_NODE")
        requests.put(url, headers=headers, json=document).raise_for_status()

    def read_cold(self):
        client = self.new_client()
        return client.get_provider_tree_and_ensure_root(self.context, self.root["uuid"])

    def time(self, operation):
        before = self.http.count
        started = time.monotonic()
        result = operation()
        milliseconds = (time.monotonic() - started) * 1e3
        self.measured.append([self.http.count - before, milliseconds])
        return result

    def measure(self):
        """OPERATIONS: create, look, look after 300 s, change 2, read, one conflict."""
        self.measured = []
        self.time(self.update_to_placement)
        self.time(self.update_to_placement)
        self.let_associations_be_old()
        self.time(self.update_to_placement)
        self.change(2)
        self.time(self.update_to_placement)
        self.check(self.time(self.read_cold))
        self.let_another_client_change(self.change(1))
        self.time(self.update_to_placement)
        assert self.conflicts == 1, self.conflicts
        self.check(self.read_cold())
        return self.measured

    def check(self, tree):
        """That Placement has what the host has."""
        assert len(tree.get_provider_uuids()) == len(self.providers)
        for provider in self.providers:
            theirs = tree.data(provider["uuid"])
            inventories = provider["inventories"]
            assert not tree.has_inventory_changed(provider["uuid"], inventories)
            assert theirs.traits >= set(provider["traits"])
            assert theirs.aggregates >= set(provider["aggregates"])


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    # It logs conflicts, which are measured here.
    logging.getLogger("nova").addHandler(logging.NullHandler())
    conf.CONF([], project="nova", default_config_files=[])
    http = CountingSession()
    for line in sys.stdin:
        measured = Host(sys.argv[1], http, json.loads(line)).measure()
        print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
