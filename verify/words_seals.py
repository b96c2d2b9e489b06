"""What is said about OFD packages, seals and departures from their standards (印章与 OFD 用语).

Codes that begin with `deviation.` are tolerated because real seals need it; strict judging makes errors of them.
"""

from __future__ import annotations

from verify.report import Severity

_E, _U, _W, _I = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO

SEALS: dict[str, tuple[Severity, str, str]] = {
    # --- OFD and seals
    "ofd.reference": (_E, "受保护的文件 {0} 被改动或缺失。", "The protected part {0} was changed or is missing."),
    "ofd.seal_differs": (
        _E,
        "印章文件 Seal.esl 与签章中的印章不一致。",
        "Seal.esl is not the seal inside the signature.",
    ),
    "ofd.property_info": (_E, "签章指向的是另一个签名文件（{0}）。", "The seal signature is about another file ({0})."),
    "ofd.unprotected": (_W, "以下部分不在签章保护范围内：{0}。", "These parts are not protected by any seal: {0}."),
    "ofd.unlisted": (_E, "存在文档引用但未受任何签章保护的内容：{0}。", "Content in use is protected by no seal: {0}."),
    "ofd.integrity_names_only": (
        _U,
        "文件只用了 GM/T 0099 完整性协议：它只保护文件清单，不保护文件内容，不能证明内容未被改动。",
        "Only the integrity protocol of GM/T 0099 is used: it protects the list of files, not what is in them.",
    ),
    "ofd.integrity_list": (
        _I,
        "包内文件清单另受 GM/T 0099 完整性协议保护。",
        "The list of files is protected by the integrity protocol of GM/T 0099 as well.",
    ),
    "ofd.integrity_extra": (
        _E,
        "包内夹带了完整性清单以外的文件：{0}。",
        "Files were smuggled in that the integrity list does not name: {0}.",
    ),
    "ofd.integrity_missing": (
        _E,
        "完整性清单中的文件不在包内：{0}。",
        "Files the integrity list names are missing: {0}.",
    ),
    "ofd.integrity_twice": (_E, "完整性清单重复列出：{0}。", "The integrity list names a file twice: {0}."),
    "ofd.encrypted": (
        _U,
        "文件已按 GM/T 0099 或 ZIP 方式加密，请解密后再验证。",
        "The file is encrypted (GM/T 0099 or ZIP). Decrypt it, then verify.",
    ),
    "ofd.bare_value": (
        _U,
        "签名值为旧式裸签名，没有附带证书，信任库中也找不到与之对应的证书，不能判断是谁签的。",
        "The signature is an old bare value, and no certificate held here matches it, so its signer is unknown.",
    ),
    "ofd.reference_twice": (
        _E,
        "签名重复引用了同一文件：{0}。",
        "The signature refers to the same file twice: {0}.",
    ),
    "ofd.signature_twice": (
        _E,
        "同一签名数据被多次列出：{0}。",
        "One and the same signature is listed more than once: {0}.",
    ),
    "ofd.id_twice": (_W, "签名编号重复：{0}。", "Two signatures bear the same number: {0}."),
    "ofd.several_documents": (
        _I,
        "文件中有 {0} 个文档，已逐个核验。",
        "The file holds {0} documents; each was judged by itself.",
    ),
    "ofd.unsealed_document": (
        _E,
        "文档 {0} 没有属于它自己的有效签章。",
        "The document {0} has no valid seal of its own.",
    ),
    "ofd.time_differs": (
        _W,
        "签名文件中的时间（{0}）与签章数据中的时间（{1}）不同；以后者为准。",
        "Signature.xml states another time ({0}) than the seal signature ({1}); the latter was believed.",
    ),
    "ofd.open_document": (_W, "未受保护的文档结构：{0}。", "Unprotected document structure: {0}."),
    "ofd.open_page": (_W, "未受保护的页面：{0}。", "Unprotected pages: {0}."),
    "ofd.open_template": (_W, "未受保护的模板页：{0}。", "Unprotected template pages: {0}."),
    "ofd.open_annotation": (_W, "未受保护的批注：{0}。", "Unprotected annotations: {0}."),
    "ofd.open_attachment": (_W, "未受保护的附件：{0}。", "Unprotected attachments: {0}."),
    "ofd.open_resource": (
        _W,
        "未受保护的字体、图片等资源：{0}。",
        "Unprotected fonts, pictures, resources: {0}.",
    ),
    "ofd.open_tag": (_W, "未受保护的标引或扩展：{0}。", "Unprotected tags or extensions: {0}."),
    "ofd.open_unused": (
        _W,
        "未受保护、文档也没有引用的文件：{0}。",
        "Unprotected files that no document refers to: {0}.",
    ),
    "ofd.container": (
        _E,
        "ZIP 容器不是签章时写出的样子，可能被改动过。",
        "The ZIP container is not as it was written at sealing; it may have been altered.",
    ),
    "ofd.digest_keyed": (
        _E,
        "摘要算法写成了带密钥的 {0}，他人无法核对，签名不合规范。",
        "The digest algorithm is stated as the keyed {0}, which nobody else can compute.",
    ),
    "ofd.digest_unknown": (_U, "摘要算法 {0} 暂不支持。", "The digest algorithm {0} is not supported."),
    "seal.tampered": (
        _E,
        "印章数据被改动，制章者签名无效。",
        "The seal itself was altered: its maker's signature does not hold.",
    ),
    "seal.maker_unknown": (
        _U,
        "信任库不认识该印章的制章者，不能判断印章真伪。",
        "The maker of this seal is not in the trust store, so the seal cannot be judged.",
    ),
    "seal.maker_path": (_E, "制章者证书无效。", "The certificate of the seal's maker is not valid."),
    "seal.signer_not_listed": (
        _E,
        "签章人证书不在印章授权的证书列表中，无权使用此印章。",
        "The signer's certificate is not among those the seal authorises.",
    ),
    "seal.expired": (
        _E,
        "盖章时印章已超过有效期（{0} 至 {1}）。",
        "The seal was outside its validity ({0} to {1}) when it was used.",
    ),
    "seal.created_late": (_E, "印章的制作时间晚于其时间戳。", "The seal claims to be made after its own time stamp."),
    "seal.critical_extension": (
        _W,
        "印章或签章含有无法识别的关键扩展 {0}。",
        "The seal or its signature has an unknown critical extension {0}.",
    ),
    "seal.same_signer": (
        _W,
        "制章者与签章人使用同一张证书。",
        "The maker and the signer of the seal use the same certificate.",
    ),
    "seal.list_item": (
        _E,
        "印章授权列表中的条目不是证书。",
        "An item of the seal's list of authorised certificates is no certificate.",
    ),
    "seal.picture": (_I, "印章图像：{0}。", "The seal's picture: {0}."),
    "seal.picture_unknown": (
        _W,
        "印章图像的内容与所标类型不符或类型未知（{0}）。",
        "The seal's picture is not of the type it states, or of an unknown one ({0}).",
    ),
    "seal.maker_since": (
        _I,
        "制章者证书在制章时有效，此后已过期或被撤销（{0}）。",
        "The maker's certificate was valid when the seal was made; it has expired or been revoked since ({0}).",
    ),
    "signature.without_z": (
        _E,
        "SM2 签名没有按标准计入签名人标识（缺少 Z 值），无效。",
        "The SM2 signature was made without the signer's identity (no Z value), which the standard does not allow.",
    ),
    # --- departures that are tolerated
    "deviation.raw_signature": (
        _W,
        "签名值为裸 r‖s，不是标准的 DER 编码。",
        "The signature value is bare r‖s, not the DER the standard asks for.",
    ),
    "deviation.integer": (
        _W,
        "签名值中的整数编码不规范（负数或多余的零）。",
        "An integer of the signature value is written negative or with superfluous zeros.",
    ),
    "deviation.explicit_false": (
        _W,
        "扩展写出了默认值 FALSE，不是 DER；已按原始字节核验。",
        "An extension spells out the default FALSE, which is not DER; the original octets were judged.",
    ),
    "deviation.boolean": (
        _W,
        "扩展的布尔值编码不是 DER；已按原始字节核验。",
        "An extension's boolean is not DER; the original octets were judged.",
    ),
    "deviation.version": (
        _W,
        "版本号与数据的实际结构不符；以结构为准。",
        "The version number does not match the shape of the data; the shape was believed.",
    ),
    "deviation.time_form": (
        _W,
        "时间的写法不规范（带小数、时区偏移或缺少时区）。",
        "A time is written with a fraction, an offset or no zone.",
    ),
    "deviation.fake_z": (
        _W,
        "文件中写的签名时间以 Z 结尾，实为北京时间；以签章数据或时间戳中的时间为准。",
        "The time written in the file ends in Z but is China time; that of the signature or its time stamp counts.",
    ),
    "deviation.string": (
        _W,
        "应为 ASCII 的字段含有其他字符。",
        "A field that must be ASCII holds other characters.",
    ),
    "deviation.picture_size": (_W, "印章图像的尺寸异常。", "The size of the seal's picture is unusual."),
    "deviation.bare_value": (
        _W,
        "签名值为旧式裸签名，没有附带证书；签章人是按信任库中的证书找到的。",
        "The signature is an old bare value without a certificate; the signer was found among known certificates.",
    ),
    "deviation.base64_digest": (
        _W,
        "签名数据中的摘要以 Base64 文本存放。",
        "The digest inside the signature data is written as base64 text.",
    ),
    "deviation.content_type": (
        _W,
        "签名属性中的内容类型与外层的写法不一致。",
        "The content type in the signed attributes is written otherwise than in the message.",
    ),
    "deviation.other": (_W, "编码不完全符合标准：{0}。", "The encoding departs from the standard: {0}."),
}
