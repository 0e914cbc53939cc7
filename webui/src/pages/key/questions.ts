/** What the page asks when it is opened: what Overview does, without its health. */
import type { Question } from '~/api/query.svelte.ts';
import type { Path } from '~/api/types.ts';
import { legendQuestion, seriesQuestion } from '~/figures/questions.ts';
import type { View } from '~/view/types.ts';
import { summaryQuestion, tableQuestion } from '../overview/questions.ts';

export function firstQuestions(view: View, screen = window.innerWidth): readonly Question<Path>[] {
  const series = seriesQuestion(view, screen);
  return [
    summaryQuestion(view),
    ...(series ? [series] : []),
    legendQuestion(view),
    tableQuestion(view, false),
  ];
}
