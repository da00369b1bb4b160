"""Joins what the stages wrote about the model into REPORT.md, with the contact sheets beside it.

    python report.py FOLDER

FOLDER gets both.
"""

import argparse
import shutil
from pathlib import Path

from work import work_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    sections = sorted((work_folder() / 'sections').glob('*.md'))
    texts = [section.read_text().strip() for section in sections]
    (folder / 'REPORT.md').write_text('\n\n'.join(texts) + '\n')
    shutil.copytree(work_folder() / 'sections' / 'sheets', folder / 'sheets', dirs_exist_ok=True)
    print(f'REPORT.md: {len(sections)} sections')


if __name__ == '__main__':
    main()
