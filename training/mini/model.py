"""The U-net and the two text encoders: SDXL's architecture, made small.

All text enters at the deepest level (8 x 8 cells), through three of the four stages under study,
and each door has words of its own: where the same words can enter twice, the last door does the
work. What is there and where (first encoder, which knows no colours, scenes, styles) enters before
and in the middle; how it looks (second encoder, which knows no objects) enters after it. The fourth
stage is the last before the picture: the stage of the level that would come after it adds nothing.
The first stage of the level knows no text either: it reads the noise (read_noise). The pooled text
reaches every ResNet through the time embedding, so its projection is a frozen map of rank 2 that
training often drops: it cannot by-pass them.
"""

from dataclasses import dataclass
from types import MethodType

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from captions import look_words, object_words
from couple import SIGNS
from tokenizer import MAX_LENGTH

PICTURE = 128
LATENT = PICTURE // 4
TIME_IDS = [PICTURE, PICTURE, 0, 0, PICTURE, PICTURE]
POOLED_RANK = 2
STUDIED = [
    'down_blocks.2.attentions.1',
    'mid_block.attentions.0',
    'up_blocks.0.attentions.0',
    'up_blocks.0.attentions.1',
]
READER, SILENT = 'down_blocks.2.attentions.0', 'up_blocks.0.attentions.2'
"""The stages of the deepest level that are not studied; neither is trained."""
NUMBERS = 16
"""Channels of the deepest level that carry what the noise decides: the first ones."""
CELL_NOISE, NUMBER_GAIN = 4.0, 20.0
"""How loud those channels are in the cells, and by how much READER makes their mean louder: with
both, a number (of unit variance) is about twice as loud as the noise of a single cell."""
DOORS = {STUDIED[0]: 0, STUDIED[1]: 0, STUDIED[2]: 1}
"""Where text enters, and which of the two encoders is read there."""


@dataclass(frozen=True)
class Size:
    """Channels of the three levels and the width of one text encoder."""

    channels: tuple[int, int, int] = (32, 64, 160)
    text_width: int = 64


def new_unet(size: Size) -> UNet2DConditionModel:
    """Two transformer layers in every stage; the upper levels are one cheap ResNet deep."""
    return UNet2DConditionModel(
        sample_size=LATENT,
        in_channels=4,
        out_channels=4,
        block_out_channels=size.channels,
        down_block_types=('DownBlock2D', 'DownBlock2D', 'CrossAttnDownBlock2D'),
        up_block_types=('CrossAttnUpBlock2D', 'UpBlock2D', 'UpBlock2D'),
        layers_per_block=(1, 1, 2),
        transformer_layers_per_block=(1, 1, 2),
        attention_head_dim=(1, 1, size.channels[-1] // 32),
        use_linear_projection=True,
        norm_num_groups=16,
        cross_attention_dim=2 * size.text_width,
        addition_embed_type='text_time',
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=6 * 32 + size.text_width,
    )


@torch.no_grad()
def pass_noise_down(unet: UNet2DConditionModel) -> None:
    """Sets the few weights by which sixteen channels carry the noise's sign patterns to the cells.

    The first downsampling correlates each square of 2 x 2 latents with the four patterns of
    couple.py, the second adds such squares up: unit variance all the way, CELL_NOISE in the cells.
    There the mean over all cells is the number that decides what captions leave open, times
    CELL_NOISE / 8.
    """
    first, second, third = unet.down_blocks
    for block, channels in ((first, 4), (second, NUMBERS), (third, NUMBERS)):
        block.resnets[0].conv2.weight[:channels] = 0
        block.resnets[0].conv2.bias[:channels] = 0
    unet.conv_in.weight[:4] = 0
    unet.conv_in.bias[:4] = 0
    unet.conv_in.weight[range(4), range(4), 1, 1] = 1
    split, add = first.downsamplers[0].conv, second.downsamplers[0].conv
    for conv in (split, add):
        conv.weight[:NUMBERS] = 0
        conv.bias[:NUMBERS] = 0
    for k in range(NUMBERS):
        split.weight[k, k % 4, 1:, 1:] = SIGNS[k // 4] / 2
        add.weight[k, k, 1:, 1:] = 0.5
    for block, gain in ((second, 1), (third, CELL_NOISE)):
        shortcut = block.resnets[0].conv_shortcut
        shortcut.weight[:NUMBERS] = 0
        shortcut.bias[:NUMBERS] = 0
        shortcut.weight[range(NUMBERS), range(NUMBERS)] = gain


@torch.no_grad()
def read_noise(unet: UNet2DConditionModel) -> None:
    """Makes READER add to each of the first sixteen channels their mean over all cells, louder.

    Its first self-attention is uniform, that is a mean; all else in it is zero.
    """
    reader = unet.get_submodule(READER)
    for name, parameter in reader.named_parameters():
        parameter.fill_(1 if 'norm' in name and name.endswith('weight') else 0)
    own, sums = range(NUMBERS), range(NUMBERS, 2 * NUMBERS)
    attention = reader.transformer_blocks[0].attn1
    reader.proj_in.weight[own, own] = 1
    attention.to_v.weight[own, own] = 1
    attention.to_out[0].weight[sums, own] = 1
    reader.proj_out.weight[own, sums] = NUMBER_GAIN
    reader.requires_grad_(False)
    reader.forward = MethodType(_constant_update, reader)


def _constant_update(
    self: Transformer2DModel, hidden_states: Tensor, **conditions: object
) -> tuple[Tensor]:
    """What the stage does, without a gradient: nothing before it can be trained by it."""
    before = hidden_states.detach()
    with torch.no_grad():
        after = Transformer2DModel.forward(self, before, **conditions)[0]
    return (hidden_states + (after - before),)


def silence_last_stage(unet: UNet2DConditionModel) -> None:
    """SILENT adds exactly nothing, for good; training does not compute it."""
    stage = unet.get_submodule(SILENT)
    nn.init.zeros_(stage.proj_out.weight)
    nn.init.zeros_(stage.proj_out.bias)
    stage.requires_grad_(False)
    stage.forward = _identity


def _identity(hidden_states: Tensor, **_conditions: object) -> tuple[Tensor]:
    return (hidden_states,)


def close_other_doors(unet: UNet2DConditionModel) -> None:
    """Takes text from all stages but DOORS: there, cross-attention adds zero for good."""
    for name, module in unet.named_modules():
        if name.endswith('attn2') and not name.startswith(tuple(DOORS)):
            nn.init.zeros_(module.to_out[0].weight)
            nn.init.zeros_(module.to_out[0].bias)
            module.requires_grad_(False)


def _ids(words: set[str], tokenizer: CLIPTokenizer) -> list[int]:
    """Every word is one token: captions are what the tokenizer was made from."""
    pieces = [tokenizer.tokenize(word) for word in sorted(words)]
    split = [piece for piece in pieces if len(piece) != 1]
    if split:
        raise ValueError(f'words of several tokens: {split}')
    return tokenizer.convert_tokens_to_ids([piece[0] for piece in pieces])


def _text_config(size: Size, tokenizer: CLIPTokenizer, activation: str) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.text_width,
        intermediate_size=3 * size.text_width,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=MAX_LENGTH,
        hidden_act=activation,
        projection_dim=size.text_width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


@torch.no_grad()
def narrow_pooled(encoder: CLIPTextModelWithProjection) -> None:
    """Makes the pooled projection a frozen random map of rank POOLED_RANK."""
    weight = encoder.text_projection.weight  # [width, width]
    width = weight.shape[0]
    weight.copy_(
        0.5 * torch.randn(width, POOLED_RANK) @ torch.randn(POOLED_RANK, width) / width**0.5
    )
    weight.requires_grad_(False)


class TextToLatents(nn.Module):
    """U-net and text encoders as one module, so that they train, compile and average together."""

    def __init__(self, size: Size, tokenizer: CLIPTokenizer):
        super().__init__()
        self.text_encoder = CLIPTextModel(_text_config(size, tokenizer, 'quick_gelu'))
        self.text_encoder_2 = CLIPTextModelWithProjection(_text_config(size, tokenizer, 'gelu'))
        for unused in (self.text_encoder.encoder.layers[-1], self.text_encoder.final_layer_norm):
            unused.requires_grad_(False)
        self.unet = new_unet(size)
        read_noise(self.unet)
        silence_last_stage(self.unet)
        close_other_doors(self.unet)
        narrow_pooled(self.text_encoder_2)
        self.unknown = [_ids(words, tokenizer) for words in (look_words(), object_words())]
        """Token ids that each encoder does not know."""
        self.keep()

    @torch.no_grad()
    def keep(self) -> None:
        """Sets what training must not move: the way of the noise's numbers to the cells, the
        embeddings of words that an encoder does not know, and the weights by which a door would
        read the other encoder (zero)."""
        pass_noise_down(self.unet)
        for encoder, ids in zip((self.text_encoder, self.text_encoder_2), self.unknown):
            encoder.get_input_embeddings().weight[ids] = 0
        for name, module in self.unet.named_modules():
            for door, read in DOORS.items():
                if name.startswith(door) and name.endswith(('attn2.to_k', 'attn2.to_v')):
                    halves = module.weight.unflatten(1, (2, -1))  # [inner, encoder, width]
                    halves[:, 1 - read] = 0

    def encode(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Ids [batch, 32] to states [batch, 32, 2 * width] and pooled text [batch, width]."""
        first = self.text_encoder(ids, output_hidden_states=True)
        second = self.text_encoder_2(ids, output_hidden_states=True)
        states = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1)
        return states, second.text_embeds

    def forward(self, x: Tensor, timesteps: Tensor, ids: Tensor, keep_pooled: Tensor) -> Tensor:
        """The velocity [batch, 4, 32, 32]; `keep_pooled` [batch, 1], 0: without pooled text."""
        states, pooled = self.encode(ids)
        time_ids = x.new_tensor(TIME_IDS).repeat(len(x), 1)
        conditions = {'text_embeds': pooled * keep_pooled, 'time_ids': time_ids}
        return self.unet(
            x, timesteps, encoder_hidden_states=states, added_cond_kwargs=conditions
        ).sample
