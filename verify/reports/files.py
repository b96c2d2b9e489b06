"""Reports as files of the command line (核验报告文件): beside each other in one folder, replacing nothing.

A program on somebody's desk has no service key: its PDF is not signed, and says so on every page.
"""

from __future__ import annotations

from pathlib import Path

from foundation.errors import Conflict, InvalidInput
from foundation.text import Text
from verify.pdf.pictures import of_report
from verify.report import Report
from verify.reports.basis import Basis, fingerprint
from verify.reports.pdf_report import write
from verify.reports.xml_report import to_xml
from verify.trust import TrustStore

_UNSIGNED = Basis("yinxin verify", "", "本报告未签名，仅供参考　not signed, for information")
_MOST_STEM = 180


def save(report: Report, data: bytes, form: str, folder: Path, trust: TrustStore) -> Path:
    """Write `<name>.report.<form>` into `folder`."""
    if form == "xml":
        octets = to_xml(report)
    else:
        basis = Basis(_UNSIGNED.service, fingerprint(trust), _UNSIGNED.number)
        octets = write(report, basis, of_report(data, report))
    place = folder / f"{_stem(report)}.report.{form}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(octets)
    except FileExistsError as error:
        raise Conflict(
            "verify.report_there",
            Text(f"已有同名报告：{place.name}，未覆盖。", f"{place.name} is there already and was not replaced."),
        ) from error
    except OSError as error:
        raise InvalidInput(
            "verify.report_unwritable",
            Text(f"无法写入文件夹 {folder.name}。", f"Cannot write into the folder {folder.name}."),
        ) from error
    return place


def _stem(report: Report) -> str:
    """The file's own name without its folder; cut by octets, for a name may have 255 of them."""
    name = Path(report.name).name if report.name else report.kind
    return name.encode("utf-8", "replace")[:_MOST_STEM].decode("utf-8", "ignore") or report.kind
