# ruff: noqa: PTH101, PTH102, PTH103, PTH104, PTH108, PTH112, PTH114, PTH115, PTH120, PTH207, PTH211, T201
"""A guest's file tree, open in a mount namespace of its own. A program: reads one job (JSON) from standard input.

Mounts made here are seen by nobody else and end with the last process of the namespace, so a guest that ends, however
it ends, leaves no mount and no loop device behind. Only the standard library, and of that little: it runs at every
start of a guest, with `python -I -S`.

Job: {"mounts": {"image", "disk", "lower", "root"} | null,   mount the guest's disk image and its overlay
      "into": PATH | null,           change files in this tree instead (`/proc/<pid>/root` of a running guest)
      "network": bool,               also give the namespace a fresh /sys, as LXC needs one of this network namespace
      "owner": UID,                  the machine's number of the guest's root
      "changes": [...],              see `_change`
      "exec": [ARGV] | null}         what to become at the end
"""

import ctypes
import glob
import json
import os
import re
import shutil
import stat
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x00020000
MS_REC, MS_SLAVE = 0x4000, 0x80000


def main() -> None:
    """Do the job; a failure is one sentence on standard error and exit status 1."""
    job = json.load(sys.stdin)
    if LIBC.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a mount namespace")
    # Slave: what the machine unmounts later also goes from here, so that nothing is held.
    if LIBC.mount(b"none", b"/", None, MS_REC | MS_SLAVE, None) != 0:
        raise OSError(ctypes.get_errno(), "cannot separate the mount namespace")
    if job["network"]:
        _fresh_sys(job["mounts"]["root"] + ".cgroup")
    tree = job["into"]
    if mounts := job["mounts"]:
        _mount(**mounts)
        tree = mounts["root"]
    if job["changes"]:
        _in_tree(tree, job["owner"], job["changes"])
    if job["exec"]:
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.execvp(job["exec"][0], job["exec"])


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise OSError(done.returncode, f"`{' '.join(argv)}` failed: {done.stderr.strip() or done.stdout.strip()}")


def _fresh_sys(keep: str) -> None:
    os.makedirs(keep, exist_ok=True)
    # The namespaces of other labs would be held by a copy of their mounts.
    subprocess.run(["umount", "-l", "-R", "/run/netns"], capture_output=True, check=False)
    _run("mount", "--rbind", "/sys/fs/cgroup", keep)
    _run("mount", "-t", "sysfs", "sysfs", "/sys")
    _run("mount", "--rbind", keep, "/sys/fs/cgroup")
    _run("umount", "-l", "-R", keep)


def _mount(image: str, disk: str, lower: str, root: str) -> None:
    for folder in (disk, root):
        os.makedirs(folder, mode=0o755, exist_ok=True)
    # nouuid: a snapshot and a clone carry the UUID of their origin.
    _run("mount", "-t", "xfs", "-o", "loop,noatime,nouuid,discard", image, disk)
    # volatile: an fsync in the guest ends at the machine's memory. The data survives whatever happens to the guest or
    # the daemon; only a crash of the whole machine could lose the last seconds, and a lab may. The kernel's reminder
    # that the last use did not end with an orderly unmount is for that crash; ours never do.
    shutil.rmtree(f"{disk}/work/work/incompat", ignore_errors=True)
    layers = f"lowerdir={lower},upperdir={disk}/upper,workdir={disk}/work"
    _run("mount", "-t", "overlay", "overlay", "-o", f"{layers},redirect_dir=on,metacopy=off,index=off,volatile", root)


def _in_tree(tree: str, owner: int, changes: list[dict]) -> None:
    # A guest may have put a symbolic link anywhere: below chroot none of them leads out of its tree.
    child = os.fork()
    if child == 0:
        try:
            os.chroot(tree)
            os.chdir("/")
            for change in changes:
                if not (change.pop("yields", False) and _is_kept(change["path"])):
                    _change(owner, **change)
        except OSError as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit(1)


def _is_kept(path: str) -> bool:
    """Whether the guest keeps the file for itself (Proxmox VE Administration Guide, Guest Operating System Config.)."""
    folder, name = os.path.split(path)
    return os.path.lexists(f"{folder}/.pve-ignore.{name}")


def _change(
    owner: int,
    *,
    kind: str,
    path: str,
    text: str = "",
    mode: int = 0o644,
    mark: str = "",
    keep: bool = False,
) -> None:
    """One change of a file.

    `write`: the whole file (not when `keep` and it exists); `mark`: the part between BEGIN and END lines of that mark,
    at the end when there is none yet, never touching the rest; `remove`: every path matching; `field`: the second
    `:`-separated field of the line that begins with `mark`; `folder`; `link`: a symbolic link to `text`.
    """
    if kind == "remove":
        for found in glob.glob(path):
            os.unlink(found)
        return
    if kind == "link":
        if not os.path.islink(path) or os.readlink(path) != text:
            new = f"{path}.pvelab-new"
            os.symlink(text, new)
            os.lchown(new, owner, owner)
            os.rename(new, path)
        return
    if kind == "folder":
        if not os.path.isdir(path):
            os.mkdir(path, mode)
            os.chown(path, owner, owner)
        return
    if os.path.islink(path) and kind == "mark":
        return  # the guest's administrator handed the file to another program
    present = _read(path)
    if kind == "write":
        if keep and present is not None:
            return
        new = text
    elif kind == "mark":
        new = _replace_part(present or "", mark, text)
    else:
        new = re.sub(rf"(?m)^({re.escape(mark)}):[^:\n]*", lambda found: f"{found[1]}:{text}", present or "")
    if new != present:
        _replace(path, new, mode, owner)


def _read(path: str) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(descriptor, errors="surrogateescape") as handle:
        return handle.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _replace_part(present: str, mark: str, text: str) -> str:
    begin, end = f"# --- BEGIN {mark} ---\n", f"# --- END {mark} ---\n"
    part = begin + text + end if text else ""
    if begin in present and end in present[present.index(begin) :]:
        head, rest = present.split(begin, 1)
        return head + part + rest.split(end, 1)[1]
    if present and not present.endswith("\n"):
        present += "\n"
    return present + part


def _replace(path: str, text: str, mode: int, owner: int) -> None:
    user = group = owner
    try:
        facts = os.lstat(path)
        if stat.S_ISREG(facts.st_mode):
            user, group, mode = facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    new = f"{path}.pvelab-new"
    if os.path.lexists(new):
        os.unlink(new)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", errors="surrogateescape") as handle:
        handle.write(text)
    os.chown(new, user, group)
    os.chmod(new, mode)
    os.rename(new, path)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        sys.exit(1)
