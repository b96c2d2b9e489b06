"""Words of the trust pages (互信区域用词), each with its English; what is seen of a region, a root and its limits."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text
from verify.anchors import Use

COMMON: Mapping[str, Text] = {
    "title": Text("互信区域", "Trusted regions"),
    "tab_regions": Text("现在信任谁", "Trusted now"),
    "tab_changes": Text("改动与历史", "Changes and history"),
    "tab_lists": Text("信任列表", "Signed lists"),
    "tab_enter": Text("登记区域", "Enter a region"),
    "crumbs": Text("位置", "You are here"),
    "not_done": Text("没有办成", "That did not work"),
    "correct": Text("请更正后再提交", "Please correct this and send it again"),
    "optional": Text("（选填）", "(optional)"),
    "proposed_done": Text(
        "已提出。另一位有审批权限的人同意后才生效。", "Proposed. It counts once another person agrees to it."
    ),
    "region": Text("区域", "Region"),
    "roots": Text("根证书", "Roots"),
    "root": Text("根证书", "Root"),
    "below": Text("下级机构证书", "Certificates of authorities below"),
    "subject": Text("证书名称", "Subject"),
    "fingerprint": Text("指纹（SHA-256）", "Fingerprint (SHA-256)"),
    "period": Text("证书有效期", "Certificate valid"),
    "places": Text("可以为哪些地区担保", "May vouch for places"),
    "anywhere": Text("不限地区", "anywhere"),
    "beginning": Text("代码以 %(codes)s 开头的地区", "codes beginning with %(codes)s"),
    "comma": Text("、", ", "),
    "types": Text("可以为哪些证照担保", "May vouch for licences"),
    "any_type": Text("不限种类", "any kind"),
    "uses": Text("可以用于", "May be used for"),
    "any_use": Text("所有用途", "everything"),
    "trusted_from": Text("信任开始于", "Trusted from"),
    "trusted_until": Text("信任截止于", "Trusted until"),
    "withdrawn": Text("自此时起不再信任", "Withdrawn since"),
    "withdrawn_hint": Text(
        "能证明在此之前盖的章仍然有效，之后的一律不采信。",
        "What is proved to be sealed before still stands; nothing later does.",
    ),
    "contact": Text("联系方式", "Contact"),
    "code": Text("行政区划代码", "Region code"),
    "source": Text("来源", "Entered"),
    "by_hand": Text("两人登记", "by two people here"),
    "by_list": Text("信任列表 %(scheme)s 第 %(number)s 版", "by the list %(scheme)s, edition %(number)s"),
    "next_update": Text("应更新于", "Next edition by"),
    "overdue": Text("列表已过更新时间，请导入新版", "The list is overdue: take in a newer one"),
    "state": Text("状态", "State"),
    "reason": Text("理由", "Reason"),
    "reason_hint": Text("写给第二个人看，也留作记录。", "For the second person, and for the record."),
    "proposed_by": Text("提出人", "Proposed by"),
    "decided_by": Text("决定人", "Decided by"),
    "in_force": Text("信任中", "in force"),
    "is_withdrawn": Text("已不再信任", "withdrawn"),
    "withdrawn_later": Text("将不再信任", "withdrawn later"),
    "not_yet": Text("尚未开始", "not yet"),
    "over": Text("已截止", "over"),
    "expired": Text("证书已过期", "certificate expired"),
}

USES: Mapping[Use, Text] = {
    Use.SEAL: Text("盖章", "sealing"),
    Use.SEAL_MAKING: Text("制章", "making seals"),
    Use.TIMESTAMP: Text("时间戳", "time stamps"),
    Use.CODE: Text("证照二维码", "codes on licences"),
    Use.CERTIFICATE: Text("核验证书本身", "certificates by themselves"),
}

REGIONS: Mapping[str, Text] = {
    "lead": Text(
        "这里列出本地区采信的其他地区：由哪些根证书担保、可以担保什么、到什么时候。任何改动都要一人提出、另一人同意。",
        "Other regions this one believes: which roots vouch for them, for what and until when. "
        "Every change takes one person to propose and another to agree.",
    ),
    "none": Text(
        "还没有登记其他区域。其他地区的印章目前会显示“无法判断”。",
        "No other region is entered yet. Seals of other regions come out as “cannot tell” for now.",
    ),
    "waiting": Text("%(count)s 项改动等待第二个人决定", "%(count)s changes wait for a second person"),
    "see_changes": Text("查看改动", "See the changes"),
    "change": Text("提出修改", "Propose a change"),
    "stop": Text("提出不再信任", "Propose to withdraw trust"),
    "stop_root": Text("哪张根证书", "Which root"),
    "stop_at": Text("从什么时候起（北京时间）", "Since when (China time)"),
    "stop_hint": Text(
        "例如对方通报私钥泄露的时间。在此之前能证明已经盖好的章仍然有效。",
        "For example the time at which the other side says its key was lost. What is proved to be older still stands.",
    ),
    "stop_needed": Text("请选择根证书，并填写时间。", "Choose the root and say since when."),
    "stop_list": Text(
        "此区域来自信任列表。提出后将以本地登记的内容为准，列表以后的修改不再影响它，直到移除本地登记。",
        "This region comes from a signed list. The entry made here will prevail over that list until it is removed.",
    ),
    "remove": Text("提出移除整个区域", "Propose to remove the region"),
    "remove_hint": Text(
        "移除后，该地区以前和以后盖的章都无法判断。只想从某时起不再信任，请用上面一项。信任列表里也有它时，移除后以列表为准。",
        "Seals of that region, old and new, can then no longer be told. To stop trusting from a day on, use the form "
        "above. If a signed list names it too, the list's entry holds then.",
    ),
    "remove_by_list": Text(
        "此区域只来自信任列表，没有本地登记可以移除。", "This region comes from a signed list only; no entry to remove."
    ),
    "history": Text("此区域的改动", "Changes of this region"),
    "no_history": Text("没有本地改动。", "No changes were made here."),
    "cannot": Text("您可以查看，不能提出改动。", "You may look, and not propose changes."),
}

ENTER: Mapping[str, Text] = {
    "enter": Text("登记一个区域", "Enter a region"),
    "change_of": Text("修改：%(name)s", "Change: %(name)s"),
    "lead": Text(
        "请先通过另一渠道（电话、公文）与对方核对根证书指纹，再提出。",
        "Compare the roots' fingerprints with the other side over another channel (phone, letter) first.",
    ),
    "code_hint": Text("六位，例如 330000。", "Six digits, for example 330000."),
    "name_zh": Text("区域名称", "Name in Chinese"),
    "name_en": Text("英文名称", "Name in English"),
    "files": Text("根证书文件", "Files with its roots"),
    "files_hint": Text(
        "可选多个：.cer、.crt、.pem、.p7b。自签名的当作根证书，其余当作下级机构证书。",
        "One or several: .cer, .crt, .pem, .p7b. Self-signed ones become roots, others authorities below them.",
    ),
    "add_files": Text("增加根证书或下级证书", "Add roots or authorities below"),
    "new_limits": Text("新增根证书的范围", "Limits of the roots added"),
    "keep": Text("保留这张证书", "Keep this certificate"),
    "places_hint": Text(
        "行政区划代码的开头几位，用空格分开，例如 33 或 3301 3302。",
        "First digits of region codes with spaces between, for example 33, or 3301 3302.",
    ),
    "anywhere_check": Text("不限地区（请慎用）", "Anywhere (with care)"),
    "types_hint": Text(
        "证照类型代码或其开头，用空格分开；不填就是不限种类。",
        "Codes of licence types or their beginnings, with spaces between; empty means any kind.",
    ),
    "uses_hint": Text("一个都不选就是所有用途。", "None chosen means everything."),
    "times_hint": Text("北京时间；不填就是不限。", "China time; empty means no limit."),
    "send": Text("提出，请另一人同意", "Propose, for another person to agree"),
    "need_code": Text("请填写六位行政区划代码。", "Give the six digits of the region code."),
    "need_name": Text("请填写区域名称。", "Give the name of the region."),
    "need_reason": Text("请写明理由。", "Say why."),
    "need_root": Text("请选择含自签名根证书的文件。", "Choose a file that holds a self-signed root certificate."),
    "need_places": Text("请填写代码开头，或勾选“不限地区”。", "Give the first digits of codes, or tick “anywhere”."),
    "bad_places": Text("只能填 2 至 6 位数字，用空格分开。", "Two to six digits each, with spaces between."),
    "bad_types": Text("只能填大写字母和数字，用空格分开。", "Capital letters and digits only, with spaces between."),
    "bad_time": Text("时间读不出来，请重新选择。", "A time cannot be read. Choose it again."),
    "too_many": Text("根证书最多 16 张，下级证书最多 64 张。", "At most 16 roots, and 64 authorities below them."),
    "not_ca": Text(
        "文件里有不是机构（CA）的证书，请去掉后重试。",
        "A file holds a certificate of no authority. Take it out and try again.",
    ),
    "bad_file": Text(
        "读不出证书，请选择 .cer、.pem 或 .p7b 文件。",
        "No certificate can be read in it. Choose a .cer, .pem or .p7b file.",
    ),
}

CHANGES: Mapping[str, Text] = {
    "change": Text("信任改动", "Change of trust"),
    "waiting": Text("等待决定", "Waiting for a second person"),
    "waiting_none": Text("没有等待决定的改动。", "No change waits."),
    "decided": Text("已决定的改动", "Decided"),
    "decided_none": Text("还没有决定过改动。", "Nothing was decided yet."),
    "what": Text("内容", "What"),
    "when": Text("提出时间", "Proposed"),
    "look": Text("查看", "Look"),
    "kind_region": Text("登记或修改区域", "Enter or change a region"),
    "kind_remove": Text("移除区域", "Remove a region"),
    "kind_signers": Text("列表由谁签署", "Who signs a list"),
    "state_proposed": Text("等待决定", "waiting"),
    "state_agreed": Text("已同意，已生效", "agreed, in force"),
    "state_refused": Text("不同意", "refused"),
    "differences": Text("同意后会有什么变化", "What changes when you agree"),
    "same": Text("与现在的登记相同。", "The entry stays as it is."),
    "is_new": Text("新增一个区域，以前不信任它。", "A new region, not believed before."),
    "goes": Text("这个区域将不再列入，它的印章将无法判断。", "The region goes; its seals can then no longer be told."),
    "plus_root": Text("新增根证书", "New root"),
    "minus_root": Text("去掉根证书", "Root taken away"),
    "plus_below": Text("新增下级机构证书", "New authority below"),
    "minus_below": Text("去掉下级机构证书", "Authority below taken away"),
    "from_to": Text("%(what)s：%(old)s → %(new)s", "%(what)s: %(old)s → %(new)s"),
    "nothing": Text("（空）", "(empty)"),
    "entry": Text("提出的登记内容", "The entry as proposed"),
    "signers": Text("签署者", "Signers"),
    "threshold": Text("须有几个签署者签名", "Signatures needed"),
    "decide": Text("决定", "Decide"),
    "compare": Text(
        "同意前，请您也通过另一渠道核对指纹。",
        "Compare the fingerprints over another channel yourself before you agree.",
    ),
    "agree": Text("同意，立即生效", "Agree, in force at once"),
    "refuse": Text("不同意", "Refuse"),
    "choose": Text("请选择同意或不同意。", "Choose whether you agree."),
    "own": Text("这是您自己提出的，须由另一位有审批权限的人决定。", "You proposed this; another person has to decide."),
    "not_yours": Text("您没有审批权限，只能查看。", "You may look, and not decide."),
    "agreed_done": Text("已同意，立即生效。", "Agreed; it counts from now on."),
    "refused_done": Text("已记录为不同意。", "Refused."),
}

LISTS: Mapping[str, Text] = {
    "lead": Text(
        "信任列表是别的地区或国家平台签好名的名单：确认一次由谁签署，以后的新版导入即生效，不用逐个登记。",
        "A signed list comes from another region or the nation. Agree once whose signatures count; "
        "newer editions then count as soon as they are taken in.",
    ),
    "take_in": Text("导入一份列表", "Take in a list"),
    "file": Text("列表文件", "The list"),
    "file_hint": Text("对方提供的 regions.json，不超过 8 MB。", "The other side's regions.json, at most 8 MB."),
    "file_needed": Text("请选择列表文件。", "Choose the file of the list."),
    "send_file": Text("核对签名并导入", "Check its signatures and take it in"),
    "taken_in": Text(
        "已导入：%(scheme)s 第 %(number)s 版，%(regions)s 个区域。",
        "Taken in: %(scheme)s, edition %(number)s, %(regions)s regions.",
    ),
    "editions": Text("导入过的列表", "Editions taken in"),
    "editions_none": Text("还没有导入过列表。", "No list was taken in yet."),
    "scheme": Text("列表名称", "Name of the list"),
    "number": Text("版次", "Edition"),
    "imported": Text("导入时间", "Taken in"),
    "imported_by": Text("导入人", "By"),
    "digest": Text("摘要（SHA-256）", "Digest (SHA-256)"),
    "newest": Text("现行", "in force"),
    "signers": Text("认谁的签名", "Whose signatures count"),
    "signers_none": Text("还没有确认过签署者，因此现在什么列表都不能导入。", "Nobody yet, so no list can be taken in."),
    "threshold": Text("须有 %(need)s 个签名，共 %(all)s 个签署者", "%(need)s of %(all)s signatures are needed"),
    "add_signers": Text("提出认谁的签名", "Propose whose signatures count"),
    "scheme_hint": Text(
        "列表文件里的 scheme，例如 region-330000。", "The “scheme” inside the list, for example region-330000."
    ),
    "certificates": Text("签署者证书", "Certificates of the signers"),
    "certificates_hint": Text(
        "可选多个：.cer、.pem、.p7b。会替换此列表原来的签署者。",
        "One or several: .cer, .pem, .p7b. They replace the signers this list had.",
    ),
    "need": Text("至少几个签名", "How many must have signed"),
    "bad_scheme": Text(
        "只能用小写字母、数字、点、冒号和连字符。", "Lower-case letters, digits, dots, colons and hyphens only."
    ),
    "bad_need": Text("须在 1 与证书张数之间。", "Between one and the number of certificates."),
    "own": Text("本地区的信任列表", "This region's own list"),
    "own_lead": Text(
        "把这两个文件交给对方，指纹请另行（电话、公文）核对。列表约每三天半自动换新版，也可由对方定期从网址取得。",
        "Give these two files to the other side and read the fingerprint to them over another channel. "
        "A new edition comes about every three and a half days; the other side may fetch it from the address.",
    ),
    "own_none": Text("还没有发布过。", "Nothing was published yet."),
    "publish": Text("发布本地区的列表", "Publish our list"),
    "published": Text("本地区的列表已发布，是最新版。", "Our list is published and up to date."),
    "issued": Text("发布时间", "Published"),
    "address": Text("公开网址", "Public address"),
    "get_list": Text("下载列表 regions.json", "Download the list, regions.json"),
    "get_signer": Text("下载签署者证书", "Download the signer's certificate"),
    "signer_print": Text("签署者证书指纹", "Fingerprint of the signer's certificate"),
}
