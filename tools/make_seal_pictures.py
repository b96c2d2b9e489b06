"""The pictures of docs/seal-pictures.md (印模图样): every shape, drawn by the writers themselves. Run after a change.

`--pdf` draws the same sheets from the PDF writer by poppler, for comparing by eye.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from seal.drawing import pdf_file, png
from seal.drawing.artwork_reading import read_artwork
from seal.drawing.centre import Centre
from seal.drawing.design import Design, draw

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
DPI, GAP = 130, 14
CODE, TAX = "2199000000001", "91219900MB1000017K"
# a plain mark of our own in the slot: emblems are the customer's licensed artwork
MARK = read_artwork(
    b'<svg xmlns="http://www.w3.org/2000/svg"><path fill-rule="evenodd" d="M50 2A48 48 0 1 0 50 98A48 48 0 1 0 50 2Z'
    b'M50 9A41 41 0 1 1 50 91A41 41 0 1 1 50 9Z"/><path d="M20 70 37 42 50 62 66 32 80 70Z"/></svg>'
)
SHEETS = {
    "seals-round": [
        Design("印川市教育局处", "organ", code=CODE),
        Design("印川市交通运输局", "organ", code=CODE),
        Design("印川市市场监督管理局", "organ"),
        Design("印川市住房和城乡建设委员会", "organ", code=CODE, double_ring=True),
        Design("印川市政务服务和大数据管理局经济处", "organ", code=CODE),
        Design("印川市人民政府政务服务和大数据管理局办公室", "organ", code=CODE, width=45.0),
        Design("印川市人民政府", "government", artwork=MARK),
        Design("印川市㙍㵐镇人民政府", "township"),
    ],
    "seals-business": [
        Design("印川市市场监督管理局", "special", line="行政审批专用章", code=CODE),
        Design("印川市市场监督管理局", "special", line="电子证照专用章", code=CODE, centre=Centre.BLANK),
        Design("印川市大数据科技有限公司", "company", code=CODE),
        Design("印川（北京）信息、网络技术股份有限公司", "joint_stock", code=CODE),
        Design("印川ABC科技2号有限公司", "company", code=CODE, line="财务专用章"),
        Design("印川市大数据发展有限公司", "contract", line="合同专用章", code=CODE, width=45.0),
    ],
    "seals-oval": [
        Design("印川市大数据科技有限公司", "invoice", number=TAX, line="发票专用章"),
        Design("印川（上海）进出口贸易与科技服务股份有限公司", "invoice", number=TAX, line="发票专用章"),
        Design("印川国际合作投资有限公司", "foreign_invested", code=CODE),
        Design("印川国际合作投资有限公司", "foreign_invested", centre=Centre.BLANK, line="业务专用章", code=CODE),
    ],
    "seals-square": [
        Design("李明", "personal"),
        Design("李明", "personal", suffix="印"),
        Design("李明", "personal", suffix="之印"),
        Design("王小明", "legal_representative"),
        Design("王小明", "legal_representative", suffix="印"),
        Design("欧阳小明", "legal_representative"),
    ],
}


def by_ourselves(design: Design) -> Image.Image:
    return Image.open(io.BytesIO(png.write(draw(design), DPI))).convert("RGBA")


def by_poppler(design: Design) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "seal.pdf"
        source.write_bytes(pdf_file.document(draw(design), "seal"))
        subprocess.run(["pdftoppm", "-r", str(DPI), "-png", "-singlefile", source, Path(folder) / "seal"], check=True)
        return Image.open(Path(folder) / "seal.png").convert("RGBA")


def sheet(pictures: list[Image.Image], columns: int) -> Image.Image:
    width = max(picture.width for picture in pictures) + GAP
    height = max(picture.height for picture in pictures) + GAP
    rows = -(-len(pictures) // columns)
    paper = Image.new("RGBA", (columns * width, rows * height), "white")
    for index, picture in enumerate(pictures):
        x, y = index % columns * width, index // columns * height
        paper.alpha_composite(picture, (x + (width - picture.width) // 2, y + (height - picture.height) // 2))
    return paper.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)


def main() -> None:
    pdf = "--pdf" in sys.argv
    folder = Path(sys.argv[-1]) if pdf else FOLDER
    for name, designs in SHEETS.items():
        columns = {"seals-oval": 2, "seals-square": 6, "seals-business": 3}.get(name, 4)
        drawn = [by_poppler(one) if pdf else by_ourselves(one) for one in designs]
        sheet(drawn, columns).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
