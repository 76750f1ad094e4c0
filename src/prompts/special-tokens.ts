/**
 * Words that tokenizers and chat templates take for signs of their own: the end of a turn, an image, a role. In a question or an
 * answer they would end the turn, or stand for an image that is not there. Knows the families of the models in use, by form.
 */

const names = [
  // Beginnings, ends, padding; turns and roles.
  's /s bos eos pad unk mask cls sep sop eop eod eot end start eos_token bos_token',
  'start_of_turn end_of_turn end_of_utterance endoftext startoftext turn /turn',
  'system /system user /user assistant /assistant human /human bot observation ai /ai',
  // Images, video, audio, places in them.
  'image /image images /images img /img video /video audio /audio speech /speech picture /picture photo',
  'image_soft_token start_of_image end_of_image audio_soft_token start_of_audio end_of_audio image_placeholder imagehere imageplaceholder',
  'im_start im_end im_patch img_context img_start img_end vid_start vid_end fake_token_around_image global-img image_pad video_pad vision_start vision_end im_col slice /slice image_id /image_id unit /unit point /point patch',
  'box /box ref /ref quad /quad object /object bbox /bbox p /p grounding /grounding delimiter_of_multi_objects',
  // Tools, reasoning, and the tags that answers here are written in.
  'tool_call /tool_call tool_response /tool_response tools /tools tool /tool think /think answer /answer begin_of_thought end_of_thought fim_prefix fim_middle fim_suffix repo_name file_sep',
]
  .join(' ')
  .split(' ');

const numbered = [
  'unused',
  'extra_id_',
  'extra_token_',
  'loc',
  'seg',
  'image',
  'image_',
  'image ',
  'img',
  'img_',
  'reserved_',
  'special_',
  'sentinel_',
  'vq_',
  'coord_',
  'audio_',
];

const escaped = (text: string): string => text.replaceAll(/[-/\\^$*+?.()|[\]{}]/g, String.raw`\$&`);
const angled = `<(?:${names.map(escaped).join('|')}|(?:${numbered.join('|')})\\d+|row_\\d+_col_\\d+|\\d+[_ ]?image)>`;
const square = [
  String.raw`\[/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS|THINK|IMG|IMG_BREAK|IMG_END|IMAGE|VIDEO|AUDIO|PREFIX|MIDDLE|SUFFIX|CLS|SEP|MASK|PAD|UNK|BOS|EOS|gMASK|sMASK)\]`,
  String.raw`\[(?:control|unused|reserved)_?\d+\]`,
];
const forms = [
  // <|im_end|>, DeepSeek's with wide bars, GLM's <|begin_of_image|>, Phi's <|image_1|>
  String.raw`<[|｜][^<>\n]{1,64}[|｜]>`,
  String.raw`<\|[a-z_]{1,40}>|<[a-z_]{1,40}\|>`,
  String.raw`<</?SYS>>`,
  angled,
  ...square,
];
const pattern = new RegExp(forms.join('|'), 'gi');

/** Every one of them in a text, in order. */
export function specialTokens(text: string): string[] {
  return [...text.matchAll(pattern)].map(([token]) => token);
}

/** The same words so that no tokenizer takes them for signs: with blanks inside their brackets. */
export function withEscapedTokens(text: string): string {
  return text.replaceAll(pattern, (token) => {
    const [, open = '', inner = '', close = ''] = /^([<[]+)([\s\S]*?)([>\]]+)$/.exec(token) ?? [];
    return `${open} ${inner.replaceAll(/[|｜]/g, '')} ${close}`;
  });
}

const placeholder = String.raw`(?:<image>|<image[ _]?\d+>|<\|image_?\d*\|>|<\|image\|>|<img>\s*</img>|<img>|<image_placeholder>|<imagehere>|<imageplaceholder>|<start_of_image>|<image_soft_token>|\[IMG\]|\[image\]|<\|vision_start\|>(?:<\|image_pad\|>)+<\|vision_end\|>|(?:<\|image_pad\|>)+|<im_start>(?:<im_patch>)*<im_end>|<img_context>|<\|begin_of_image\|>(?:<\|image\|>)*<\|end_of_image\|>|\{image\}|<picture>)`;
const named = String.raw`(?:(?:picture|image)\s*\d*\s*:\s*)?`;
const atStart = new RegExp(String.raw`^\s*(?:${named}${placeholder}\s*)+`, 'i');
const atEnd = new RegExp(String.raw`(?:\s*${placeholder})+\s*$`, 'i');
const one = new RegExp(placeholder, 'gi');

/** A question without the places of its image that other formats write before or behind it, and how many those were. */
export function withoutImagePlaces(question: string): { question: string; places: number } {
  const head = atStart.exec(question)?.[0] ?? '';
  const rest = question.slice(head.length);
  const tail = atEnd.exec(rest)?.[0] ?? '';
  const bare = rest.slice(0, rest.length - tail.length).trim();
  if (bare === '' || head + tail === '') return { question, places: 0 };
  return { question: bare, places: [...`${head} ${tail}`.matchAll(one)].length };
}
