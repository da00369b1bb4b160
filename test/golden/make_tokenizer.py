"""What transformers' CLIPTokenizer makes of 1,000 prompts, with the real CLIP vocabulary and with a model's own.

    python make_tokenizer.py DIFFUSERS_DIR

Writes clip/merges.txt.gz (from the package open_clip_torch), the two tokenizers' settings as SDXL ships them in
clip/tokenizer and clip/tokenizer_2, and tokenizer.json.gz:
  prompts   1,000 strings, drawn with seed 0
  judged    by tokenizer: `ids` as they are, start and end token included, and `padded`, truncated and padded to
            `maxLength`. clip: pads with the end token. clip_2: pads with "!", id 0, as SDXL's second encoder.
            model, model_2: the folders tokenizer and tokenizer_2 of DIFFUSERS_DIR.

The vocabulary follows from the merges by CLIP's rule, `clip_vocabulary` below: no vocab.json is kept.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from importlib.resources import files
from pathlib import Path

from common import meta, start, write_bytes, write_json
from transformers import CLIPTokenizer

SEED = 0
PROMPT_COUNT = 1000
MERGE_COUNT = 49152 - 256 - 2  # what CLIP uses of its longer list
START, END = '<|startoftext|>', '<|endoftext|>'


# ---------------------------------------------------------------------------------------------------
# The real vocabulary


def clip_merges() -> list[str]:
    lines = gzip.decompress((files('open_clip') / 'bpe_simple_vocab_16e6.txt.gz').read_bytes()).decode()
    return lines.split('\n')[1 : 1 + MERGE_COUNT]


def byte_symbols() -> list[str]:
    """One printable character a byte value, in CLIP's order: the printable Latin-1 bytes, then the rest from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(rest))]


def clip_vocabulary(merges: list[str]) -> dict[str, int]:
    """Token -> id: byte symbols, the same at the end of a word, one token a merge, start, end."""
    symbols = byte_symbols()
    tokens = [*symbols, *(f'{symbol}</w>' for symbol in symbols), *(merge.replace(' ', '') for merge in merges)]
    return {token: index for index, token in enumerate([*tokens, START, END])}


def tokenizer_settings(pad_token: str) -> tuple[dict, dict]:
    """tokenizer_config.json and special_tokens_map.json with the keys that SDXL's folders have."""

    def special(content: str) -> dict:
        return {'content': content, 'lstrip': False, 'normalized': True, 'rstrip': False, 'single_word': False}

    named = {'bos_token': special(START), 'eos_token': special(END), 'unk_token': special(END)}
    config = {
        'add_prefix_space': False,
        **{key: {'__type': 'AddedToken', **value} for key, value in named.items()},
        'do_lower_case': True,
        'errors': 'replace',
        'model_max_length': 77,
        'pad_token': pad_token,
        'tokenizer_class': 'CLIPTokenizer',
    }
    return config, {**named, 'pad_token': pad_token}


def load_clip(merges: list[str], config: dict, special_tokens: dict) -> CLIPTokenizer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / 'merges.txt').write_text('\n'.join(['#version: 0.2', *merges, '']))
        (path / 'vocab.json').write_text(json.dumps(clip_vocabulary(merges)))
        (path / 'tokenizer_config.json').write_text(json.dumps(config))
        (path / 'special_tokens_map.json').write_text(json.dumps(special_tokens))
        return CLIPTokenizer.from_pretrained(path)


# ---------------------------------------------------------------------------------------------------
# The prompts

NOUNS = 'cat dog apple penguin rocket castle horse banana robot clock pig ghost bee car star pizza key panda'.split()
WORDS = 'photo cinematic masterpiece tuxedo barbecue sloth professor translucent Neuschwanstein daguerreotype'.split()
PLACES = 'on grass|in the snow|at night|underwater|on the left|in front of a green wall|at sunset|in space'.split('|')
CONTRACTIONS = "it's I've don't we'll you're I'm he'd CAN'T O'Brien rock'n'roll 'tis 's ''s it`s it’s n't've".split()
PUNCTUATION = ['.', ',', '!', '?', '...', '!!!', '?!', ';', ':', '-', '--', '—', '(', '))', '[x]', '{', '}', '/', '\\',
               '|', '<', '>', '<|', '|>', '@', '#', '$', '%', '^', '&', '*', '_', '__', '+', '=', '~', '`', '"', '«»',
               '…', '„“', '、', '。', '٪', '™', '©', '℃', '§', '•']  # fmt: skip
NUMBERS = ['7', '42', '1,000', '3.14159', '2^32', '1e-5', '½', '²', 'Ⅷ', '①', '٣', '४', '10x', 'x10', '4k', '16:9',
           '007']  # fmt: skip
ACCENTS = ['café', 'cafe\u0301', 'naïve', 'Ångström', 'A\u030angstro\u0308m', 'São', 'żółć', 'straße', 'ẞ', 'İstanbul',
           'ΟΔΥΣΣΕΥΣ', 'Σίσυφος', 'ﬁn', 'ǅ', 'Ǉ', 'кошка', 'Ёлка', 'ՀԱՅ', 'ქართული', 'q\u0307\u0323', 'ñ', 'ŉ', 'ĸ',
           'e\u0301\u0302\u0303', '\u212b', '\u2126', '\u212a', '\u0130', '\u1e9e']  # fmt: skip
SCRIPTS = ['猫', '日本語', 'ねこ', 'ネコ', 'ﾈｺ', '고양이', '한\u1100\u1161', '草地上的狗', 'قطة', 'חתול', 'बिल्ली', 'แมว', 'ለድመት',
           '𠀋', '𝒞𝒶𝓉', '𐐀𐐨', '㍿', 'ｆｕｌｌ', '﷽', '\uf900', '\ufa19', '\u1100\u1161\u11a8', '\uac00']  # fmt: skip
EMOJI = ['🍎', '🐶🐱', '❤️', '❤', '👍🏽', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪🇯🇵', '1️⃣',
         '🧑🏿‍🚀', '☺︎', '🫠', '🦄!', '🤷‍♀️', '⚡', '\u200d', '\ufe0f', '🏴󠁧󠁢󠁥󠁮󠁧󠁿']  # fmt: skip
CONTROLS = ['\x00', '\x01', '\x07', '\x08', '\x1b[31m', '\x1f', '\x7f', '\x80', '\x85', '\x9f', '\u200b', '\u200e',
            '\u202e', '\u2028', '\u2029', '\ufeff', '\ufffd', '\ufffe', '\uffff', '\U0010ffff', '\ue000', '\u180e',
            '\u00ad', '\u2060', '\x1c', '\x1d']  # fmt: skip
SPACES = ['  ', '\t', '\n', '\r\n', '\u00a0', '\u3000', '\u2003', ' \t \n ', '\v', '\f', '\u1680', '\u202f',
          '          ']  # fmt: skip
ENTITIES = ['&amp;', '&lt;cat&gt;', '&quot;', '&#39;', '&eacute;', '&amp;amp;', '&nbsp;', '&unknown;', '&']
SPECIALS = [START, END, START.upper(), '<|EndOfText|>', '<| startoftext |>', '<|startoftext', 'x' + END + 'y',
            END * 3, '<|pad|>', '</w>', 'cat</w>', '[CLS]', '!', '! !', 'a!b', START + END]  # fmt: skip
KINDS = [CONTRACTIONS, PUNCTUATION, NUMBERS, ACCENTS, SCRIPTS, EMOJI, CONTROLS, SPACES, ENTITIES, SPECIALS]


def draw_sentence(source: random.Random) -> str:
    """An ordinary prompt, one to three objects."""
    articles = ['a', 'A', 'the', 'two', 'one big', 'small red']
    parts = [
        f'{source.choice(articles)} {source.choice(NOUNS)} {source.choice(PLACES)}' for _ in range(source.randint(1, 3))
    ]
    text = source.choice([', ', ' and ', '. ', ' AND ']).join(parts)
    return text + source.choice(['', '.', '!', ', ' + source.choice(WORDS)])


def draw_mixture(source: random.Random, kinds: list[list[str]]) -> str:
    """Pieces of the given kinds among words, joined with and without spaces."""
    pieces = []
    for _ in range(source.randint(1, 9)):
        pieces.append(source.choice(source.choice([NOUNS, WORDS, *kinds])))
        pieces.append(source.choice(['', ' ', ' ']))
    return ''.join(pieces)


def draw_random_characters(source: random.Random) -> str:
    """Any code points but surrogates: unassigned ones too, whose class differs from one Unicode version to another."""
    ranges = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x2AF), (0x370, 0x52F), (0x2000, 0x2BFF), (0x3040, 0x30FF),
              (0x4E00, 0x9FFF), (0x1F300, 0x1FAFF)]  # fmt: skip
    return ''.join(chr(source.randint(*source.choice(ranges))) for _ in range(source.randint(1, 30)))


def draw_prompts() -> list[str]:
    source = random.Random(SEED)
    prompts = ['', ' ', '\n', '!', START, END, 'a cat on grass', 'a cat on grass, ' * 40, 'a' * 300, '🍎' * 60, '!' * 90]
    prompts += ['a red apple on the left and a dog on the right, on grass', 'x' * 20_000, 'the cat! ' * 3_000]
    prompts += [piece for kind in KINDS for piece in kind]
    prompts += [f'a {piece} b' for kind in KINDS for piece in kind]
    prompts += [' '.join(draw_sentence(source) for _ in range(source.randint(6, 40))) for _ in range(25)]
    prompts += [draw_random_characters(source) for _ in range(150)]
    prompts += [draw_mixture(source, [kind]) for kind in KINDS for _ in range(15)]
    prompts += [draw_mixture(source, KINDS) for _ in range(120)]
    prompts = [*dict.fromkeys(prompts)]
    while len(prompts) < PROMPT_COUNT:
        prompts = [*dict.fromkeys([*prompts, draw_sentence(source)])]
    return prompts[:PROMPT_COUNT]


# ---------------------------------------------------------------------------------------------------


def judge(tokenizer: CLIPTokenizer, prompts: list[str]) -> dict:
    """Ids of every prompt; `padded` as the pipelines of diffusers call the tokenizer."""
    padding = {'padding': 'max_length', 'max_length': tokenizer.model_max_length, 'truncation': True}
    return {
        'maxLength': tokenizer.model_max_length,
        'padId': tokenizer.pad_token_id,
        'addedTokens': {
            str(index): {'content': token.content, 'normalized': token.normalized}
            for index, token in sorted(tokenizer.added_tokens_decoder.items())
        },
        'ids': [tokenizer(prompt)['input_ids'] for prompt in prompts],
        'padded': [tokenizer(prompt, **padding)['input_ids'] for prompt in prompts],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('model', type=Path, help='folder of a StableDiffusionXLPipeline')
    arguments = parser.parse_args()
    start()
    merges = clip_merges()
    write_bytes('clip/merges.txt.gz', gzip.compress('\n'.join(['#version: 0.2', *merges, '']).encode(), 9, mtime=0))
    tokenizers = {}
    for name, folder, pad_token in (('clip', 'tokenizer', END), ('clip_2', 'tokenizer_2', '!')):
        config, special_tokens = tokenizer_settings(pad_token)
        for file, content in (('tokenizer_config', config), ('special_tokens_map', special_tokens)):
            write_bytes(f'clip/{folder}/{file}.json', (json.dumps(content, indent=2) + '\n').encode())
        tokenizers[name] = load_clip(merges, config, special_tokens)
    tokenizers['model'] = CLIPTokenizer.from_pretrained(arguments.model / 'tokenizer')
    tokenizers['model_2'] = CLIPTokenizer.from_pretrained(arguments.model / 'tokenizer_2')

    prompts = draw_prompts()
    packages = ['transformers', 'tokenizers', 'open_clip_torch']
    backend = type(tokenizers['clip']).__mro__[1].__name__  # transformers 5 has no slow CLIPTokenizer
    record = meta('make_tokenizer.py DIFFUSERS_DIR', packages, seed=SEED, backend=backend)
    judged = {name: judge(tokenizer, prompts) for name, tokenizer in tokenizers.items()}
    write_json('tokenizer.json.gz', {'meta': record, 'prompts': prompts, 'judged': judged}, is_compressed=True)


if __name__ == '__main__':
    main()
