"""The words of Chalice's own command where a setting of AWS is missing."""

import os
import subprocess
import sys
from pathlib import Path

CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"
APP = """
from chalice import Chalice
app = Chalice(app_name="roomkey")
app.route("/health")(lambda: {})
"""


def test_chalice_package_without_a_region_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "roomkey"}')
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "requirements.txt").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    finished = subprocess.run(
        [sys.executable, "-c", CHALICE, "package", "out"],
        cwd=tmp_path,
        env=kept | {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )

    assert finished.returncode == 2
    assert "AWS_DEFAULT_REGION" in finished.stdout
    assert "Traceback" not in finished.stdout
