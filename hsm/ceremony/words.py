"""The checklist and the titles of steps (检查单与步骤标题), in both languages, as they stand in every transcript."""

from __future__ import annotations

from hsm.ceremony.plan import BackUpKey, GenerateRoot, IssueCrl, RevokeSubCa, SignSubCa, Step

OPENING = (
    "到场人员与方案一致，已核对证件 / everybody named in the plan is here and showed papers",
    "机器从未联网，网线与无线均已断开 / the machine is off every network, cable and radio",
    "移动介质为新品，封条完好 / the removable medium is new and its seal unbroken",
    "时钟与两块手表一致 / the clock agrees with two watches",
    "方案摘要与打印件一致 / the digest of the plan is that of the printed copy",
)
CLOSING = (
    "输出文件已复制到第二份介质 / the outputs were copied to a second medium",
    "移动介质已封入防拆袋并登记封条号 / the medium is in a sealed bag, its number on record",
    "分量已分别交给持有人 / every share is with its holder",
    "机器已关机 / the machine will be switched off",
)


def step_title(number: int, step: Step) -> str:
    match step:
        case GenerateRoot(suite=suite):
            what = f"生成根密钥并自签根证书 {suite} / generate the root key and certificate {suite}"
        case SignSubCa(suite=suite, csr=csr):
            what = f"签发下级 CA 证书 {suite}（{csr}）/ sign the sub-CA request {suite} ({csr})"
        case RevokeSubCa(suite=suite, serial=serial):
            what = f"撤销下级 CA 证书 {suite} {serial} / revoke the sub-CA certificate {suite} {serial}"
        case IssueCrl(suite=suite, days=days):
            what = f"签发根撤销列表 {suite}，{days} 天 / issue the root's revocation list {suite}, {days} days"
        case BackUpKey(suite=suite, to=to):
            what = f"备份根密钥 {suite}（{to}）/ back up the root key {suite} ({to})"
    return f"{number}. {what}"
