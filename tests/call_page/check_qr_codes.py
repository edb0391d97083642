"""The call page's QR codes, compared with those of segno."""

import json
import shutil
import subprocess
from pathlib import Path

import segno

STATIC = Path(__file__).parents[2] / "chalicelib" / "api" / "call_page" / "static"
SCRIPT = """
import { qrCode } from %s;
const codes = JSON.parse(process.argv[1]).map(qrCode);
console.log(JSON.stringify(codes.map(rows => rows.map(row => row.map(Number)))));
"""
CAPACITIES = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412]
"""The bytes that fill each version. Segno pads shorter texts in another way, which readers skip."""


def test_each_version_is_drawn_as_segno_draws_it() -> None:
    texts = [(f"https://roomkey.test/call#{'aZ9-_' * 100}")[:size] for size in CAPACITIES]
    node = shutil.which("node")
    assert node is not None, "Node is not installed: run `make check`."
    script = SCRIPT % json.dumps((STATIC / "qr.js").as_uri())
    done = subprocess.run(
        [node, "--input-type=module", "--eval", script, json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
    )

    for version, (text, drawn) in enumerate(zip(texts, json.loads(done.stdout), strict=True), 1):
        # Either chooses a mask by its own judgement; readers take any of the eight.
        expected = [[list(row) for row in _segno(text, version, mask).matrix] for mask in range(8)]
        assert drawn in expected, f"version {version}"


def _segno(text: str, version: int, mask: int) -> segno.QRCode:
    return segno.make(
        text, error="m", version=version, mask=mask, mode="byte", boost_error=False, micro=False
    )
