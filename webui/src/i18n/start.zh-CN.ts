/** What everybody sees first, as one file: the texts of the shell, of the charts and of Overview. */
import charts from '~/charts/messages.zh-CN.ts';
import overview from '~/pages/overview/messages.zh-CN.ts';
import shell from './messages.zh-CN.ts';

export default { ...shell, ...charts, ...overview };
