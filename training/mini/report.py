"""Joins what the stages wrote about the model into REPORT.md, with the contact sheets beside it.

python report.py
"""

import shutil

from stages import HERE
from work import work_folder


def main() -> None:
    sections = sorted((work_folder() / 'sections').glob('*.md'))
    texts = [section.read_text().strip() for section in sections]
    (HERE / 'REPORT.md').write_text('\n\n'.join(texts) + '\n')
    shutil.copytree(work_folder() / 'sections' / 'sheets', HERE / 'sheets', dirs_exist_ok=True)
    print(f'REPORT.md: {len(sections)} sections')


if __name__ == '__main__':
    main()
