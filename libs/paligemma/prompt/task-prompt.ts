import type { Task } from '#contracts';

/**
 * The prefix that PaliGemma was trained with for each task, without the newline that ends a prompt.
 * Detection and segmentation work only through their prefix; languages other than `en` are weaker.
 */
export function taskPrompt(task: Task): string {
  switch (task.type) {
    case 'caption':
      return `caption ${task.language}`;
    case 'answer':
      return `answer ${task.language} ${stripEnd(task.question)}`;
    case 'detect':
      return `detect ${task.labels.join(' ; ')}`;
    case 'segment':
      return `segment ${task.label}`;
    case 'ocr':
      return 'ocr';
    case 'prompt':
      return stripEnd(task.prompt);
  }
}

/**
 * Two newlines are one token of their own, so a prompt that brings its own newline would end in a
 * token that no prompt of the training data ended in.
 */
export function stripEnd(prompt: string): string {
  let end = prompt.length;
  while (end > 0 && (prompt[end - 1] === '\n' || prompt[end - 1] === '\r')) end--;
  return prompt.slice(0, end);
}
