"""Writes test/golden/sae/: SAE files of every format by the library that owns it, and the codes that library computes.

    python test/golden/make_sae_files.py            (torch, safetensors, sae-lens, eai-sparsify, dictionary-learning)
    python test/golden/make_sae_files.py --check D  (reads folders that exportSae wrote into D with the real libraries)

Seeded; versions.json records what made the files. `<kind>/` is the folder to import, `<kind>.expected.safetensors`
holds codes [16, n] and reconstruction [16, d] of samples.safetensors.
"""
import importlib.metadata
import io
import json
import os
import platform
import sys
import types
import warnings
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

warnings.filterwarnings('ignore')
HERE = Path(__file__).parent / 'sae'
D, N, K, CELLS, SEED = 24, 80, 5, 16, 20241028


def library_path(name: str) -> str:
    return str(importlib.metadata.distribution(name).locate_file(name.replace('-', '_')))


def dictionary_learning():
    """Its __init__ wants language-model packages; the classes themselves need torch only."""
    if 'dictionary_learning' not in sys.modules:
        package = types.ModuleType('dictionary_learning')
        package.__path__ = [library_path('dictionary-learning')]
        sys.modules['dictionary_learning'] = package
        trainers = types.ModuleType('dictionary_learning.trainers')
        trainers.__path__ = [library_path('dictionary-learning') + '/trainers']
        sys.modules['dictionary_learning.trainers'] = trainers
    from dictionary_learning.dictionary import AutoEncoder, AutoEncoderNew, GatedAutoEncoder, JumpReluAutoEncoder
    from dictionary_learning.trainers.batch_top_k import BatchTopKSAE
    from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE
    from dictionary_learning.trainers.top_k import AutoEncoderTopK

    return dict(
        AutoEncoder=AutoEncoder, AutoEncoderNew=AutoEncoderNew, GatedAutoEncoder=GatedAutoEncoder,
        JumpReluAutoEncoder=JumpReluAutoEncoder, AutoEncoderTopK=AutoEncoderTopK, BatchTopKSAE=BatchTopKSAE,
        MatryoshkaBatchTopKSAE=MatryoshkaBatchTopKSAE,
    )


def weights(generator, d=D, n=N, unit=True):
    """A dictionary whose encoder is near its decoder's transpose, as training leaves it."""
    decoder = torch.randn(n, d, generator=generator)
    decoder /= decoder.norm(dim=1, keepdim=True)
    if not unit:
        decoder *= 0.5 + 1.5 * torch.rand(n, 1, generator=generator)
    encoder = decoder + 0.2 * torch.randn(n, d, generator=generator) / d**0.5
    b_enc = 0.2 * torch.randn(n, generator=generator) - 0.1
    b_dec = 0.5 * torch.randn(d, generator=generator)
    return encoder, decoder, b_enc, b_dec


def expect(kind, codes, recon):
    save_file({'codes': codes.float().contiguous(), 'recon': recon.float().contiguous()}, HERE / f'{kind}.expected.safetensors')


def fill(sae, e, w, be, bd):
    """Puts weights [n, d] into a SAELens SAE."""
    sae.W_enc.data, sae.W_dec.data = e.T.contiguous().to(sae.dtype), w.clone().to(sae.dtype)
    sae.b_dec.data = bd.clone().to(sae.dtype)
    if hasattr(sae, 'b_enc'):
        sae.b_enc.data = be.clone().to(sae.dtype)
    return sae


def make_sae_lens(x, g):
    import sae_lens as sl

    def meta(hook='unet.mid_block.attentions.0'):
        return sl.saes.sae.SAEMetadata(hook_name=hook, model_name='fixture')

    def save(kind, sae):
        with torch.no_grad():
            sae.save_model(HERE / kind)
            again = sl.SAE.load_from_disk(HERE / kind)
            codes = again.encode(x)
            expect(kind, codes, again.decode(codes))

    base = dict(d_in=D, d_sae=N, metadata=meta())
    save('saelens-standard', fill(sl.StandardSAE(sl.StandardSAEConfig(**base)), *weights(g)))
    cfg = sl.StandardSAEConfig(**base, apply_b_dec_to_input=False, normalize_activations='layer_norm')
    save('saelens-layernorm', fill(sl.StandardSAE(cfg), *weights(g)))
    cfg = sl.TopKSAEConfig(**base, k=K, normalize_activations='constant_norm_rescale')
    save('saelens-constantnorm', fill(sl.TopKSAE(cfg), *weights(g)))
    save('saelens-topk', fill(sl.TopKSAE(sl.TopKSAEConfig(**base, k=K)), *weights(g, unit=False)))
    cfg = sl.TopKSAEConfig(**base, k=K, rescale_acts_by_decoder_norm=True)
    save('saelens-topk-rescale', fill(sl.TopKSAE(cfg), *weights(g, unit=False)))
    jump = fill(sl.JumpReLUSAE(sl.JumpReLUSAEConfig(**base)), *weights(g))
    jump.threshold.data = 0.3 + 0.6 * torch.rand(N, generator=g)
    save('saelens-jumprelu', jump)
    cfg = sl.StandardSAEConfig(**base, dtype='bfloat16')
    bf16 = fill(sl.StandardSAE(cfg), *weights(g))
    with torch.no_grad():
        bf16.save_model(HERE / 'saelens-bfloat16')
        wide = sl.SAE.load_from_disk(HERE / 'saelens-bfloat16', dtype='float32')
        codes = wide.encode(x)
        expect('saelens-bfloat16', codes, wide.decode(codes))

    # Batch-TopK: the training form, and what SAELens saves of it in the end.
    cfg = sl.BatchTopKTrainingSAEConfig(**base, k=K, rescale_acts_by_decoder_norm=True)
    batch = fill(sl.BatchTopKTrainingSAE(cfg), *weights(g, unit=False))
    batch.topk_threshold = torch.tensor(0.9, dtype=torch.double)
    with torch.no_grad():
        batch.save_model(HERE / 'saelens-batchtopk')
        batch.save_inference_model(HERE / 'saelens-batchtopk-inference')
        final = sl.SAE.load_from_disk(HERE / 'saelens-batchtopk-inference')
        codes = final.encode(x)
        for kind in ('saelens-batchtopk', 'saelens-batchtopk-inference'):
            expect(kind, codes, final.decode(codes))

    # A factor that is not folded: the library's own fold is what the answer must give.
    cfg = sl.TopKSAEConfig(**base, k=K, normalize_activations='expected_average_only_in')
    scaled = fill(sl.TopKSAE(cfg), *weights(g, unit=False))
    with torch.no_grad():
        scaled.save_model(HERE / 'saelens-scaled')
        scaled.fold_activation_norm_scaling_factor(0.7)
        codes = scaled.encode(x)
        expect('saelens-scaled', codes, scaled.decode(codes))

    # The flat configuration of SAELens 3, read by the newest.
    old = HERE / 'saelens-old'
    e, w, be, bd = weights(g)
    old.mkdir(exist_ok=True)
    save_file({'W_enc': e.T.contiguous(), 'W_dec': w, 'b_enc': be, 'b_dec': bd, 'scaling_factor': torch.ones(N)},
              old / 'sae_weights.safetensors')
    (old / 'cfg.json').write_text(json.dumps(dict(
        architecture='standard', d_in=D, d_sae=N, dtype='torch.float32', device='cpu', model_name='fixture',
        hook_name='blocks.5.hook_resid_pre', hook_layer=5, hook_head_index=None, prepend_bos=True,
        normalize_activations=False, activation_fn_str='topk', activation_fn_kwargs={'k': K}, apply_b_dec_to_input=True,
        finetuning_scaling_factor=False, sae_lens_training_version='3.0.0')))
    with torch.no_grad():
        again = sl.SAE.load_from_disk(old)
        codes = again.encode(x)
        expect('saelens-old', codes, again.decode(codes))

    # Kinds that must be refused by name.
    small = dict(d_in=8, d_sae=16)
    for kind, sae in {
        'gated': sl.GatedSAE(sl.GatedSAEConfig(**small)),
        'transcoder': sl.Transcoder(sl.TranscoderConfig(**small, d_out=8, apply_b_dec_to_input=False)),
        'matching_pursuit': sl.MatchingPursuitSAE(sl.MatchingPursuitSAEConfig(**small)),
        'abstopk': sl.AbsTopKSAE(sl.AbsTopKSAEConfig(**small, k=4)),
        'matryoshka_batchtopk': sl.MatryoshkaBatchTopKTrainingSAE(
            sl.MatryoshkaBatchTopKTrainingSAEConfig(**small, k=4, matryoshka_widths=[8, 16])),
        'covariance_whitening': sl.StandardSAE(sl.StandardSAEConfig(**small, normalize_activations='covariance_whitening')),
        'hook_z': sl.StandardSAE(sl.StandardSAEConfig(**small, reshape_activations='hook_z')),
    }.items():
        sae.save_model(HERE / f'refused-saelens-{kind}')


def make_sparsify(x, g):
    from sparsify import SparseCoder, SparseCoderConfig

    e, w, be, bd = weights(g)
    coder = SparseCoder(D, SparseCoderConfig(num_latents=N, k=K))
    coder.encoder.weight.data, coder.encoder.bias.data, coder.W_dec.data, coder.b_dec.data = e, be, w, bd
    folder = HERE / 'sparsify' / 'unet.up_blocks.0.attentions.1'
    coder.save_to_disk(folder)
    with torch.no_grad():
        acts, ids, _ = SparseCoder.load_from_disk(folder).encode(x)
        codes = torch.zeros(CELLS, N).scatter(1, ids, acts)
        expect('sparsify', codes, codes @ w + bd)
    for kind, cfg in {
        'groupmax': SparseCoderConfig(num_latents=16, k=4, activation='groupmax'),
        'transcode': SparseCoderConfig(num_latents=16, k=4, transcode=True),
        'skip': SparseCoderConfig(num_latents=16, k=4, skip_connection=True),
    }.items():
        SparseCoder(8, cfg).save_to_disk(HERE / f'refused-sparsify-{kind}')
    # SAeUron writes sparsify's files with three more keys (documented layout, github.com/cywinski/SAeUron SAE/sae.py).
    for kind, extra in {'saeuron': {}, 'refused-saeuron-sample_topk': {'sample_topk': True},
                        'refused-saeuron-input_unit_norm': {'input_unit_norm': True}}.items():
        coder.save_to_disk(HERE / kind)
        cfg = dict(expansion_factor=32, normalize_decoder=True, num_latents=N, k=K, batch_topk=True, sample_topk=False,
                   input_unit_norm=False, multi_topk=False, d_in=D) | extra
        (HERE / kind / 'cfg.json').write_text(json.dumps(cfg))
    expect('saeuron', codes, codes @ w + bd)


def make_dictionary_learning(x, g):
    dl = dictionary_learning()

    def save(kind, class_name, model, with_config=True, **trainer):
        folder = HERE / kind
        folder.mkdir(exist_ok=True)
        torch.save({k: v.cpu() for k, v in model.state_dict().items()}, folder / 'ae.pt')
        if with_config:
            config = {'trainer': {'dict_class': class_name, 'activation_dim': D, 'dict_size': N,
                                  'submodule_name': 'down_blocks.2.attentions.1', **trainer}}
            (folder / 'config.json').write_text(json.dumps(config, indent=4))
        return folder / 'ae.pt'

    def put(model, e, w, be, bd, bias='b_dec'):
        model.encoder.weight.data, model.encoder.bias.data = e.clone(), be.clone()
        model.decoder.weight.data = w.T.contiguous()
        getattr(model, bias).data = bd.clone()
        return model

    with torch.no_grad():
        plain = put(dl['AutoEncoder'](D, N), *weights(g, unit=False), bias='bias')
        path = save('dl-autoencoder', 'AutoEncoder', plain, lr=1e-3)
        loaded = dl['AutoEncoder'].from_pretrained(path)  # scales the decoder to unit columns
        codes = loaded.encode(x)
        expect('dl-autoencoder', codes, loaded.decode(codes))

        topk = put(dl['AutoEncoderTopK'](D, N, K), *weights(g))
        path = save('dl-topk', 'AutoEncoderTopK', topk, k=K)
        codes = dl['AutoEncoderTopK'].from_pretrained(path, k=K).encode(x)
        expect('dl-topk', codes, topk.decode(codes))

        batch = put(dl['BatchTopKSAE'](D, N, K), *weights(g))
        batch.threshold.fill_(0.8)
        path = save('dl-batchtopk', 'BatchTopKSAE', batch, k=K)
        codes = dl['BatchTopKSAE'].from_pretrained(path, k=K).encode(x)
        expect('dl-batchtopk', codes, batch.decode(codes))
        save('dl-batchtopk-noconfig', 'BatchTopKSAE', batch, with_config=False)
        expect('dl-batchtopk-noconfig', codes, batch.decode(codes))

        save('refused-dl-AutoEncoderNew', 'AutoEncoderNew', dl['AutoEncoderNew'](8, 16))
        save('refused-dl-GatedAutoEncoder', 'GatedAutoEncoder', dl['GatedAutoEncoder'](8, 16))
        save('refused-dl-JumpReluAutoEncoder', 'JumpReluAutoEncoder', dl['JumpReluAutoEncoder'](8, 16), with_config=False)
        save('refused-dl-MatryoshkaBatchTopKSAE', 'MatryoshkaBatchTopKSAE', dl['MatryoshkaBatchTopKSAE'](8, 16, 4, [8, 8]))
        never = put(dl['BatchTopKSAE'](D, N, K), *weights(g))
        save('refused-dl-threshold', 'BatchTopKSAE', never, k=K)


def sdxl_unbox_codes(x, e, w, be, bd, k):
    """relu(topk(encoder(x - pre_bias) + latent_bias)), as SAE/sae.py computes it."""
    pre = (x - bd) @ e.T + be
    values, ids = torch.topk(pre, k=k, dim=-1)
    codes = torch.zeros_like(pre).scatter(-1, ids, torch.relu(values))
    return codes, codes @ w + bd


def make_sdxl_unbox(x, g):
    """Documented layout (github.com/surkovv/sdxl-unbox SAE/sae.py, not on PyPI): decoder column-major."""
    for kind, d, n in (('sdxl-unbox', D, N), ('sdxl-unbox-square', D, D)):
        e, w, be, bd = weights(g, d, n)
        folder = HERE / kind / f'unet.down_blocks.2.attentions.1_k{K}_hidden{n}_auxk8_bs4096_lr0.0001' / 'final'
        folder.mkdir(parents=True, exist_ok=True)
        decoder = w.T if kind == 'sdxl-unbox' else w.clone()  # square: saved the wrong way round
        state = {'encoder.weight': e, 'decoder.weight': decoder, 'pre_bias': bd, 'latent_bias': be,
                 'stats_last_nonzero': torch.zeros(n, dtype=torch.long)}
        assert kind != 'sdxl-unbox' or state['decoder.weight'].stride() == (1, d)
        torch.save({'state_dict': state}, folder / 'state_dict.pth')
        torch.save(3 + torch.rand(n, generator=g), folder / 'mean.pt')
        torch.save(torch.rand(n, generator=g), folder / 'std.pt')
        (folder / 'config.json').write_text(json.dumps(
            dict(n_dirs_local=n, d_model=d, k=K, auxk=8, dead_steps_threshold=2441)))
        expect(kind, *sdxl_unbox_codes(x, e, w, be, bd, K))


def make_torch_kinds(g):
    """Tensors of every accepted dtype and layout, and files that must be refused."""
    folder = HERE / 'torch'
    folder.mkdir(exist_ok=True)
    base = torch.randn(6, 8, generator=g)
    state = {
        'contiguous': base, 'transposed': base.T, 'sliced': base[1:5, 2:7], 'stepped': base[::2, ::3],
        'permuted': torch.arange(24.).reshape(2, 3, 4).permute(2, 0, 1), 'scalar': torch.tensor(2.5),
        'empty': torch.zeros(0, 4), 'half': base.half(), 'bfloat16': base.bfloat16(), 'double': base.double(),
        'long': torch.arange(-3, 5), 'int': torch.arange(-3, 5, dtype=torch.int), 'uint8': torch.arange(8, dtype=torch.uint8),
        'bool': torch.tensor([True, False]), 'parameter': torch.nn.Parameter(base[0]), 'number': 3, 'text': 'x', 'none': None,
        'list': [1, 2.5, 'a'], 'size': base.shape, 'negative': -70000, 'big': 2**40,
    }
    torch.save(state, folder / 'kinds.pt')
    torch.save(state, folder / 'protocol4.pt', pickle_protocol=4)
    tensors = {k: v.detach().contiguous().clone() for k, v in state.items() if isinstance(v, torch.Tensor)}
    save_file(tensors, folder / 'kinds.safetensors')
    module = torch.nn.Linear(3, 2)
    torch.save(module.state_dict(), folder / 'module.pt')  # OrderedDict with _metadata

    class Evil:
        def __reduce__(self):
            return os.system, ('touch pwned',)

    torch.save({'a': torch.ones(2), 'b': Evil()}, folder / 'refused-system.pt')
    torch.save({'a': torch.ones(2)}, folder / 'refused-legacy.pt', _use_new_zipfile_serialization=False)
    torch.save(module, folder / 'refused-module.pt')
    torch.save({'a': torch.ones(1).expand(1000, 1000)}, folder / 'refused-expanded.pt')
    torch.save({'a': torch.eye(3).to_sparse()}, folder / 'refused-sparse.pt')
    torch.save({'a': torch.ones(2, dtype=torch.complex64)}, folder / 'refused-complex.pt')
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(module), script)
    with zipfile.ZipFile(folder / 'refused-script.pt', 'w', zipfile.ZIP_DEFLATED) as z:
        inner = zipfile.ZipFile(script)
        for name in inner.namelist():
            if not name.endswith('.debug_pkl'):  # holds paths of this machine
                z.writestr(zipfile.ZipInfo(name), inner.read(name))
    saved = (folder / 'kinds.pt').read_bytes()
    with zipfile.ZipFile(folder / 'refused-nested.zip', 'w') as z:
        z.writestr(zipfile.ZipInfo('inner/kinds.pt'), saved)
    with zipfile.ZipFile(folder / 'refused-deflated.pt', 'w', zipfile.ZIP_DEFLATED) as z:
        for name in zipfile.ZipFile(io.BytesIO(saved)).namelist():
            z.writestr(zipfile.ZipInfo(name), zipfile.ZipFile(io.BytesIO(saved)).read(name), zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(folder / 'refused-bomb.pt', 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo('bomb/data.pkl'), bytes(60_000_000), zipfile.ZIP_DEFLATED)
    # OpenAI's sparse_autoencoder (documented layout, github.com/openai/sparse_autoencoder model.py).
    openai = HERE / 'refused-openai'
    openai.mkdir(exist_ok=True)
    e, w, be, bd = weights(g, 8, 16)
    torch.save({'pre_bias': bd, 'latent_bias': be, 'encoder.weight': e, 'decoder.weight': w.T, 'activation': 'TopK'},
               openai / 'autoencoder.pt')


def check(folder: Path):
    """Exported folders give the codes of the fixture that they came from, read by the real libraries."""
    import sae_lens as sl

    x = load_file(HERE / 'samples.safetensors')['x']
    for path in sorted(folder.iterdir()):
        kind, _, form = path.name.partition('@')
        expected = load_file(HERE / f'{kind}.expected.safetensors')
        with torch.no_grad():
            if form == 'saelens':
                sae = sl.SAE.load_from_disk(path)
                codes = sae.encode(x)
                recon = sae.decode(codes)
            else:
                state = torch.load(path / 'state_dict.pth', weights_only=True)['state_dict']
                config = json.loads((path / 'config.json').read_text())
                assert state['decoder.weight'].stride() == (1, config['d_model']), state['decoder.weight'].stride()
                assert state['stats_last_nonzero'].dtype == torch.long
                codes, recon = sdxl_unbox_codes(x, state['encoder.weight'], state['decoder.weight'].T, state['latent_bias'],
                                                state['pre_bias'], config['k'])
        # SAELens divides a cell of zeros by its norm, which is 0.
        codes, recon = codes.nan_to_num(), recon.nan_to_num()
        expected = {name: value.nan_to_num() for name, value in expected.items()}
        difference = (codes - expected['codes']).abs().max().item()
        apart = (recon - expected['recon']).abs().max().item()
        print(f'{path.name}: codes {difference:.1e}, reconstruction {apart:.1e}')
        assert difference < 1e-5 and apart < 1e-5 and ((codes > 0) == (expected['codes'] > 0)).all(), path.name


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    g = torch.Generator().manual_seed(SEED)
    x = 1.5 * torch.randn(CELLS, D, generator=g) + 0.3
    x[0] = 0  # a cell without any input
    save_file({'x': x}, HERE / 'samples.safetensors')
    make_sae_lens(x, g)
    make_sparsify(x, g)
    make_dictionary_learning(x, g)
    make_sdxl_unbox(x, g)
    make_torch_kinds(g)
    names = ['torch', 'safetensors', 'sae-lens', 'eai-sparsify', 'dictionary-learning', 'numpy']
    versions = {name: importlib.metadata.version(name) for name in names}
    record = dict(command='python test/golden/make_sae_files.py', seed=SEED, python=platform.python_version(), **versions)
    for path in HERE.rglob('*'):
        path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors writes 0600
    (HERE / 'versions.json').write_text(json.dumps(record, indent=2) + '\n')


if __name__ == '__main__':
    if sys.argv[1:2] == ['--check']:
        check(Path(sys.argv[2]))
    else:
        main()
