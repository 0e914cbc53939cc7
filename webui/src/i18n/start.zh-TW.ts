/** What everybody sees first, as one file: the texts of the shell, of the charts and of Overview. */
import charts from '~/charts/messages.zh-TW.ts';
import overview from '~/pages/overview/messages.zh-TW.ts';
import shell from './messages.zh-TW.ts';

export default { ...shell, ...charts, ...overview };
