"""Errors of key devices (密码设备错误). The device's own code is named; PINs, keys and signed data never are."""

from __future__ import annotations

from foundation.errors import Unavailable
from foundation.text import Text


class DeviceProblem(Unavailable):
    """Base: the device did not do what was asked. Nothing was half-done."""


class DeviceUnavailable(DeviceProblem):
    """Removed, broken off, busy or silent, and it stayed so while we tried again."""

    def __init__(self, device: str, why: str) -> None:
        super().__init__(
            "hsm.device_unavailable",
            Text(
                f"密码设备 {device} 没有响应（{why}）。请检查设备电源、连接和驱动，恢复后自动继续，无需重启。",
                f"The key device {device} does not answer ({why}). Check its power, cable and driver; "
                "work goes on by itself once it is back.",
            ),
        )


class DeviceRefused(DeviceProblem):
    """PIN, password or access right. Not tried again: devices lock themselves after a few wrong tries."""

    def __init__(self, device: str, why: str) -> None:
        super().__init__(
            "hsm.device_refused",
            Text(
                f"密码设备 {device} 拒绝登录或使用私钥（{why}）。为避免锁死不再重试；请更正口令文件后再试。",
                f"The key device {device} refuses the PIN or the access right ({why}). It is not tried again, so that "
                "nothing gets locked; correct the PIN file first.",
            ),
        )


class DeviceSettingsWrong(DeviceProblem):
    """The settings name a library, token, call or file that is not there or not usable."""

    def __init__(self, device: str, why: Text) -> None:
        super().__init__(
            "hsm.device_settings",
            Text(f"密码设备 {device} 的配置不可用：{why.zh}。", f"The settings of key device {device} fail: {why.en}."),
        )


class DeviceFault(DeviceProblem):
    """The device answered with an error that trying again does not cure."""

    def __init__(self, device: str, why: str) -> None:
        super().__init__(
            "hsm.device_fault",
            Text(
                f"密码设备 {device} 报错（{why}）。请查看设备日志，或运行 yinxin hsm test。",
                f"The key device {device} failed ({why}). See its log, or run `yinxin hsm test`.",
            ),
        )


class DeviceKeyMissing(DeviceProblem):
    def __init__(self, device: str, reference: str) -> None:
        super().__init__(
            "hsm.device_key_missing",
            Text(
                f"密码设备 {device} 中没有密钥 {reference}：设备被更换、初始化，或密钥已删除。请从设备备份恢复。",
                f"The key device {device} has no key {reference}: it was exchanged, initialised, or the key deleted. "
                "Restore the device's own backup.",
            ),
        )


class DeviceFull(DeviceProblem):
    def __init__(self, device: str) -> None:
        super().__init__(
            "hsm.device_full",
            Text(
                f"密码设备 {device} 没有空闲密钥可分配。请用厂商工具生成新密钥对，并扩大 keys.sdf.indices。",
                f"The key device {device} has no unassigned key left. Make more with the vendor's tool and widen "
                "keys.sdf.indices.",
            ),
        )


class AlgorithmNotHeld(DeviceProblem):
    def __init__(self, device: str, algorithm: str) -> None:
        super().__init__(
            "hsm.device_algorithm",
            Text(
                f"密码设备 {device} 未配置 {algorithm} 算法。请把该类密钥名分配给别的后端（keys.routes），"
                "或按厂商手册填写机制号。",
                f"The key device {device} is not set up for {algorithm}. Route such key names to another back end "
                "(keys.routes) or fill in the vendor's mechanism numbers.",
            ),
        )


class BackendUnknown(DeviceProblem):
    def __init__(self, name: str) -> None:
        super().__init__(
            "hsm.backend_unknown",
            Text(
                f"密钥在后端 {name} 中，但配置里没有 [keys.{name}]。请恢复该配置。",
                f"The key is in the back end {name}, but the settings have no [keys.{name}]. Restore them.",
            ),
        )
