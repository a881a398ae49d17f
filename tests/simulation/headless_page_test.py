"""Opens the page of lattice-simulate in a headless Chromium and looks at what its script made of the data.

Skipped, and says so, on machines without Chromium: CTest sees exit code 77.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")


def program(name):
    """The path of an example program."""
    root = pathlib.Path(os.environ["LATTICE_PROGRAMS"])
    return next(path for path in root.rglob(name) if path.is_file())


def rendered(browser, page, fragment=""):
    """The document after its scripts ran."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-background-networking", f"--user-data-dir={profile}", "--window-size=1100,900",
                   "--virtual-time-budget=2000", "--dump-dom", page.as_uri() + fragment]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=100).stdout


def check(holds, what):
    """Fails the test with a sentence."""
    if not holds:
        sys.exit(f"the page is wrong: {what}")


def check_small_network(browser, folder):
    """A network that is small enough to be drawn node by node."""
    page = folder / "small.html"
    subprocess.run([program("lattice-simulate"), "--nodes", "16", "--loss", "0.1", "--html", page], check=True,
                   capture_output=True)
    source = page.read_text(encoding="utf-8")
    check(not re.search(r"""(?:src|href)\s*=|@import|url\(|https?://""", source), "it refers to something outside")
    dom = rendered(browser, page, "#t=100")
    check(re.search(r'<html[^>]* data-ready="15"', dom), "its script did not run to the end")
    check(re.search(r'<html[^>]* data-tree="15"', dom), "the tree does not reach every node but the origin")
    check("16 nodes" in dom, "the setting is missing")
    check(len(re.findall(r"<td>time to [\d.]+ % \(ms\)</td>", dom)) == 4, "the table of figures is incomplete")
    check('id="network"' in dom, "the network is not drawn")
    check(re.search(r'<output id="clock">\s*100 ms', dom), "it does not start at the time that was asked for")


def check_large_network(browser, folder):
    """A network that is too large to be drawn: the curve alone."""
    page = folder / "large.html"
    subprocess.run([program("lattice-simulate"), "--nodes", "2000", "--mode", "push-pull", "--html", page], check=True,
                   capture_output=True)
    dom = rendered(browser, page)
    check(re.search(r'<html[^>]* data-ready="\d{3}', dom), "its script did not run to the end")
    check('id="curve"' in dom and 'id="network"' not in dom, "it shows what it should not")


def main():
    """Runs all checks, or skips them."""
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if browser is None:
        print("skipped: no Chromium here to open the page with (Debian: chromium-headless-shell)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        check_small_network(browser, pathlib.Path(folder))
        check_large_network(browser, pathlib.Path(folder))


if __name__ == "__main__":
    main()
