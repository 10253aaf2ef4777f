"""Confinement of a process that reads an untrusted file: no network, files or other processes.

On Linux a process can confine itself in three ways without privileges. We use each that the kernel allows, since one
may cover what another misses:

- a network namespace of its own, whose only interface is a loopback that is down;
- Landlock: the process can read nothing but Python and the modules it imports, cannot write files, reach TCP ports, or
  signal outside processes, as far as the kernel's version of Landlock supports that;
- a seccomp filter on x86-64 and 64-bit Arm: system calls that open sockets, run programs, start or reach processes,
  write to files, or use other kernel interfaces fail with EPERM.

All of them last for the life of the process. Other systems have none of them.

See namespaces(7), landlock(7), seccomp(2), and https://docs.kernel.org/userspace-api/ on landlock, seccomp_filter and
no_new_privs.
"""

from __future__ import annotations

import ctypes
import errno
import mimetypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qa.documents.formats.recognition import MODELS

# From the kernel's headers; Landlock's system calls have the same numbers on all processors.
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CLONE_THREAD = 0x00010000
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = {1: 0x1FFF, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # by the version of Landlock that added them
_NET_RIGHTS = 0b11  # TCP bind and connect, since version 4
_SCOPES = 0b11  # abstract sockets and signals, since version 6

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DATA = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/zoneinfo", str(MODELS)),
    *("/etc/localtime", "/dev/null", "/dev/urandom"),
)


@dataclass(frozen=True, slots=True)
class Protections:
    """The measures that confine a process."""

    network_namespace: bool = False
    # Version in use, 0 without it: it covers files, since 4 TCP, and since 6 signals and abstract sockets.
    landlock: int = 0
    seccomp: bool = False

    def __bool__(self) -> bool:
        """Return whether any measure applies."""
        return self.network_namespace or self.landlock > 0 or self.seccomp


def leave_network() -> bool:
    """Move this process into a network namespace of its own; return whether that worked.

    Without privileges this works only in a single-threaded process: call it before any library starts threads.
    """
    if sys.platform != "linux":
        return False
    # Avoid a user namespace if privileges allow: inside one, root cannot read other users' files.
    return any(_libc().unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def restrict_files() -> int:
    """Give up all files that Python does not need, and on newer kernels TCP and signals.

    Returns the version of Landlock used; 0 if there is none.
    """
    if sys.platform != "linux":
        return 0
    version = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_RULESET_VERSION))
    if version < 1:
        return 0
    attributes = struct.pack("=Q", sum(added for since, added in _FS_RIGHTS.items() if version >= since))
    attributes += struct.pack("=Q", _NET_RIGHTS) if version >= 4 else b""
    attributes += struct.pack("=Q", _SCOPES) if version >= 6 else b""
    ruleset = _libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if ruleset < 0:
        return 0
    try:
        for path, allowed in _readable():
            _allow(ruleset, path, allowed)
        done = _no_new_privileges() and _libc().syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)
    return version if done else 0


def filter_calls() -> bool:
    """Make the system refuse calls that are not needed to read a file; return whether that worked."""
    calls = _CALLS.get(platform.machine()) if sys.platform == "linux" and sys.byteorder == "little" else None
    if calls is None:
        return False
    program = b"".join(_filter(*calls))
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: number and address of the instructions.
    instructions = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    if not _no_new_privileges():
        return False
    return bool(_libc().prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), instructions, None, None) == 0)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _no_new_privileges() -> bool:
    zero = ctypes.c_ulong(0)
    return bool(_libc().prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) == 0)


# --- Landlock -------------------------------------------------------------------------------------------------------


def _readable() -> Iterable[tuple[str, int]]:
    """Yield readable paths, each with the rights for everything below it."""
    package = Path(__file__).resolve().parents[1]
    installed = tuple(Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix))
    for entry in {Path(entry).resolve() for entry in sys.path if entry}:
        # Other folders may contain documents and keys: only allow listing names there, to find modules.
        of_python = any(entry.is_relative_to(prefix) for prefix in installed) and entry not in installed
        has_packages = of_python or entry.suffix == ".zip" or next(entry.glob("*.dist-info"), None) is not None
        yield str(entry), _READ_FILE | _READ_DIR if has_packages else _READ_DIR
    for path in (str(package), *_LIBRARIES, *os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep), *_DATA):
        yield path, _READ_FILE | _READ_DIR
    for known in mimetypes.knownfiles:  # `mimetypes` raises if one exists that it cannot read
        yield str(known), _READ_FILE


def _allow(ruleset: int, path: str, allowed: int) -> None:
    # A missing path needs no rule.
    with suppress(OSError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not os.path.isdir(path):  # noqa: PTH112 -- faster, and needed at every start
                allowed &= _READ_FILE
            rule = struct.pack("=Qi", allowed, descriptor)
            _libc().syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, ctypes.c_uint32(0))
        finally:
            os.close(descriptor)


# --- seccomp --------------------------------------------------------------------------------------------------------

# System call numbers on x86-64 and 64-bit Arm; -1 if there is no such call.
_REFUSED = {
    # sockets
    **{"socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201)},
    **{"accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269)},
    # programs, and other processes; kill, tgkill, clone and prlimit64 are below
    **{"execve": (59, 221), "execveat": (322, 281), "fork": (57, -1), "vfork": (58, -1), "tkill": (200, 130)},
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272)},
    **{"pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "process_madvise": (440, 440)},
    **{"setpriority": (141, 140), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119)},
    **{"sched_setparam": (142, 118), "sched_setattr": (314, 274), "ioprio_set": (251, 30)},
    **{"migrate_pages": (256, 238), "move_pages": (279, 239), "process_mrelease": (448, 448)},
    # changes to files; Landlock does not cover modes, owners, times and attributes
    **{"creat": (85, -1), "truncate": (76, 45), "unlink": (87, -1), "unlinkat": (263, 35), "rename": (82, -1)},
    **{"renameat": (264, 38), "renameat2": (316, 276), "mkdir": (83, -1), "mkdirat": (258, 34), "rmdir": (84, -1)},
    **{"link": (86, -1), "linkat": (265, 37), "symlink": (88, -1), "symlinkat": (266, 36), "mknod": (133, -1)},
    **{"mknodat": (259, 33), "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54), "utime": (132, -1)},
    **{"utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88), "memfd_create": (319, 279)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466)},
    # memory shared with other processes, keys
    **{"shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    # the system itself, and ways around a filter
    **{"unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41)},
    **{"chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430)},
    **{"mount_setattr": (442, 442), "open_by_handle_at": (304, 265), "bpf": (321, 280), "perf_event_open": (298, 241)},
    **{"userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426)},
    **{"io_uring_register": (427, 427), "init_module": (175, 105), "finit_module": (313, 273)},
    **{"delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142)},
    **{"personality": (135, 92), "setrlimit": (160, 164)},
}
_OPEN, _OPENAT, _CLONE, _KILL, _TGKILL, _PRLIMIT = (2, -1), (257, 56), (56, 220), (62, 129), (234, 131), (302, 261)
# Their arguments are in memory, which a filter cannot read. On ENOSYS the C library falls back to older calls.
_NOT_THERE = {"clone3": 435, "openat2": 437}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_CALLS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""By processor: index of its call numbers, and its AUDIT_ARCH."""

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000
_PERMITTED, _ERROR = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = _ERROR | errno.EPERM, _ERROR | errno.ENOSYS


def _filter(own: int, architecture: int) -> Iterable[bytes]:
    """Yield the instructions of the filter."""
    yield from (_step(_LOAD, _ARCHITECTURE), _step(_JUMP_EQUAL, architecture, 1, 0), _step(_RETURN, _EPERM))
    yield from (_step(_LOAD, _NUMBER), _step(_JUMP_GREATER_EQUAL, _X32, 0, 1), _step(_RETURN, _EPERM))
    # A process may kill itself but no other, start threads, and limit itself.
    yield from _where(_OPEN[own], 1, _JUMP_ANY_BIT, _WRITING, allowed=False)
    yield from _where(_OPENAT[own], 2, _JUMP_ANY_BIT, _WRITING, allowed=False)
    yield from _where(_CLONE[own], 0, _JUMP_ANY_BIT, _CLONE_THREAD, allowed=True)
    yield from _where(_KILL[own], 0, _JUMP_EQUAL, os.getpid(), allowed=True)
    yield from _where(_TGKILL[own], 0, _JUMP_EQUAL, os.getpid(), allowed=True)
    yield from _where(_PRLIMIT[own], 0, _JUMP_EQUAL, 0, allowed=True)
    for numbers in _REFUSED.values():
        if numbers[own] >= 0:
            yield from (_step(_JUMP_EQUAL, numbers[own], 0, 1), _step(_RETURN, _EPERM))
    for number in _NOT_THERE.values():
        yield from (_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _ENOSYS))
    yield _step(_RETURN, _PERMITTED)


def _where(number: int, argument: int, test: int, value: int, *, allowed: bool) -> Iterable[bytes]:
    """Yield instructions that decide on a call by testing an argument: passing allows it, or refuses it."""
    if number < 0:
        return
    passed, failed = (_PERMITTED, _EPERM) if allowed else (_EPERM, _PERMITTED)
    yield _step(_JUMP_EQUAL, number, 0, 4)
    yield _step(_LOAD, _ARGUMENTS + 8 * argument)
    yield _step(test, value, 0, 1)
    yield _step(_RETURN, passed)
    yield _step(_RETURN, failed)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return one instruction as a struct sock_filter."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
