/** What everybody sees first, as one file: the texts of the shell, of the charts and of Overview. */
import charts from '~/charts/messages.en.ts';
import overview from '~/pages/overview/messages.en.ts';
import shell from './messages.en.ts';

export default { ...shell, ...charts, ...overview };
