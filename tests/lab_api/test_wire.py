"""What goes over the wire: paths, bodies, statuses, texts."""

import ssl
from typing import Any

import httpx
import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import RunningLab


@pytest.fixture(scope="module")
def http(lab: RunningLab) -> Any:
    """httpx with root's token."""
    with lab.http() as client:
        yield client


def test_version_is_a_nine_dot_one(http: httpx.Client) -> None:
    assert http.get("/version").json()["data"]["version"].startswith("9.1.")


def test_tls_13_with_the_labs_own_authority(lab: RunningLab) -> None:
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    assert httpx.get(f"{lab.url}/api2/json/access/domains", verify=context, trust_env=False).status_code == 200


def test_localhost_is_in_the_certificate(lab: RunningLab) -> None:
    url = lab.url.replace("127.0.0.1", "localhost")
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    assert httpx.get(f"{url}/api2/json/access/domains", verify=context, trust_env=False).status_code == 200


def test_trailing_slash_is_no_redirect(http: httpx.Client) -> None:
    answer = http.get("/cluster/backup/")
    assert (answer.status_code, answer.json()) == (200, {"data": []})


def test_an_encoded_slash_belongs_to_its_segment(http: httpx.Client) -> None:
    http.post("/cluster/firewall/ipset", data={"name": "web"})
    http.post("/cluster/firewall/ipset/web", data={"cidr": "10.5.0.0/24"})
    assert http.get("/cluster/firewall/ipset/web/10.5.0.0%2F24").json()["data"]["cidr"] == "10.5.0.0/24"


def test_a_plain_slash_in_a_last_segment_belongs_to_it_too(http: httpx.Client) -> None:
    answer = http.get("/nodes/pve1/storage/local/content/local:vztmpl/none.tar.zst")
    assert answer.status_code == 500
    assert answer.json()["message"] == "volume 'local:vztmpl/none.tar.zst' does not exist\n"


def test_query_and_body_are_one(http: httpx.Client) -> None:
    http.post("/pools", data={"poolid": "wire"})
    assert http.put("/pools", params={"poolid": "wire"}, data={"comment": "c"}).status_code == 200
    assert http.get("/pools", params={"poolid": "wire"}).json()["data"][0]["comment"] == "c"


def test_a_parameter_given_twice_differently_is_refused(http: httpx.Client) -> None:
    answer = http.get("/nodes/pve1/status", params={"node": "pve2"})
    assert answer.status_code == 400
    assert "duplicate parameter 'node'" in answer.json()["message"]


def test_repeated_and_joined_delete_are_the_same(http: httpx.Client) -> None:
    for tail in ("delete=bridge&delete=mtu", "delete=bridge,mtu", "delete=bridge%00mtu"):
        http.post("/cluster/sdn/zones", data={"zone": "rep", "type": "vlan", "bridge": "vmbr0", "mtu": 1400})
        head = "zone=rep&bridge=vmbr1&"
        answer = http.put(
            "/cluster/sdn/zones/rep", content=head + tail, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 200, answer.text
        shown = http.get("/cluster/sdn/zones/rep").json()["data"]
        assert (shown["bridge"], shown.get("mtu")) == ("vmbr1", None)
        http.delete("/cluster/sdn/zones/rep")


def test_a_json_body_is_understood(http: httpx.Client) -> None:
    assert http.post("/pools", json={"poolid": "json", "comment": "c"}).status_code == 200
    assert http.delete("/pools/json").status_code == 200


def test_parameter_errors_name_the_parameters(http: httpx.Client) -> None:
    answer = http.post("/nodes/pve1/lxc", data={"vmid": "ten", "memory": "8", "cores": "0", "nonsense": "1"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Parameter verification failed.\n"
    errors = answer.json()["errors"]
    assert errors["vmid"] == "type check ('integer') failed - got 'ten'"
    assert errors["memory"] == "value must have a minimum value of 16"
    assert errors["cores"] == "value must have a minimum value of 1"
    assert errors["ostemplate"] == "property is missing and it is not optional"
    assert errors["nonsense"].startswith("property is not defined in schema")


def test_the_reason_phrase_is_the_message(http: httpx.Client) -> None:
    assert http.get("/pools/none").reason_phrase == "pool 'none' does not exist"


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("net0", "bridge=svc", "net0.name: property is missing"),
        ("net0", "name=a,bridge=svc,ip=10.0.0.1", "valid ipv4 network configuration"),
        ("net0", "name=a,color=red", "net0.color: property is not defined"),
        ("net0", "name=a,hwaddr=03:00:00:00:00:00", "unicast MAC"),
        ("net0", "name=a,name=b", "duplicate key"),
        ("rootfs", "acl=1", "rootfs.volume: property is missing"),
        ("features", "nesting=maybe", "type check"),
        ("startup", "later", "unable to parse startup options"),
        ("hostname", "no_underscore", "valid DNS name"),
        ("nameserver", "10.0.0.1 dns.example", "valid IP address"),
        ("tags", "a b;ö", "invalid characters in tag"),
        ("onboot", "yes", "type check .'boolean'."),
        ("ostype", "windows", "does not have a value in the enumeration"),
        ("password", "1234", "at least 5 characters long"),
        ("net99", "name=a", "not defined in schema"),
    ],
)
def test_property_complaints(http: httpx.Client, path: str, value: str, complaint: str) -> None:
    import re

    answer = http.post("/nodes/pve1/lxc", data={"vmid": 300, "ostemplate": "local:vztmpl/x", path: value})
    assert answer.status_code == 400
    assert re.search(complaint, answer.json()["errors"][path]), answer.json()


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "DELETE"])
def test_unknown_paths_and_methods_are_501(http: httpx.Client, verb: str) -> None:
    answer = http.request(verb, "/no/such/path")
    assert answer.status_code == 501
    assert answer.json()["message"] == f"Method '{verb} /no/such/path' not implemented\n"


def test_paths_of_the_real_one_that_the_lab_lacks_are_501(root: Any) -> None:
    with refused(501, "Method 'POST /nodes/pve1/qemu' not implemented"):
        root.nodes("pve1").qemu.post(vmid=100)


def test_an_unknown_node_cannot_be_reached(root: Any) -> None:
    with refused(500, "hostname lookup 'pve9' failed"):
        root.nodes("pve9").status.get()


def test_every_answer_proves_which_lab_it_is(lab: RunningLab, http: httpx.Client) -> None:
    own = (lab.lab.settings.state / "instance").read_text().strip()
    assert http.get("/version").headers["x-pvelab-instance"] == own
