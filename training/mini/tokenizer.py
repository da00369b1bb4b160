"""The byte-pair tokenizer, trained on our own captions and written as CLIP files."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from captions import caption
from factors import sample_factors
from work import work_folder

MAX_LENGTH = 32
START, END = '<|startoftext|>', '<|endoftext|>'
CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def train_bpe(texts: list[str], vocab_size: int) -> tuple[dict[str, int], list[str]]:
    """Vocabulary and merges in CLIP's order: bytes, bytes at a word's end, merges, two specials."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix='</w>', unk_token=END))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP_WORDS), behavior='removed', invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size,
            initial_alphabet=alphabet,
            end_of_word_suffix='</w>',
            show_progress=False,
        ),
    )
    learnt = json.loads(tokenizer.to_str())['model']['merges']
    merges = [m if isinstance(m, str) else ' '.join(m) for m in learnt]
    tokens = [
        *alphabet,
        *(letter + '</w>' for letter in alphabet),
        *(merge.replace(' ', '') for merge in merges),
        START,
        END,
    ]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    return vocab, merges


def write_clip_files(folder: Path, vocab: dict[str, int], merges: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'vocab.json').write_text(json.dumps(vocab, ensure_ascii=False), encoding='utf8')
    (folder / 'merges.txt').write_text('\n'.join(['#version: 0.2', *merges, '']), encoding='utf8')
    special = {'bos_token': START, 'eos_token': END, 'unk_token': END, 'pad_token': END}
    settings = {
        'tokenizer_class': 'CLIPTokenizer',
        'add_prefix_space': False,
        **special,
        'do_lower_case': True,
        'errors': 'replace',
        'model_max_length': MAX_LENGTH,
    }
    (folder / 'tokenizer_config.json').write_text(json.dumps(settings, indent=2))
    (folder / 'special_tokens_map.json').write_text(json.dumps(special, indent=2))


@lru_cache(maxsize=1)
def load_tokenizer() -> CLIPTokenizer:
    return CLIPTokenizer.from_pretrained(work_folder() / 'tokenizer')


def token_ids(texts: list[str]) -> torch.Tensor:
    """Padded ids, i64 [texts, 32]."""
    return load_tokenizer()(
        texts, padding='max_length', max_length=MAX_LENGTH, truncation=True, return_tensors='pt'
    ).input_ids


def main() -> None:
    rng = np.random.default_rng(3)
    texts = [caption(sample_factors(rng), rng) for _ in range(40000)]
    vocab, merges = train_bpe(texts, vocab_size=1500)
    write_clip_files(work_folder() / 'tokenizer', vocab, merges)
    tokenizer = load_tokenizer()
    lengths = [len(tokenizer(text)['input_ids']) for text in texts[:4000]]
    print(f'{len(vocab)} tokens; captions of up to {max(lengths)} of {MAX_LENGTH} tokens')


if __name__ == '__main__':
    main()
