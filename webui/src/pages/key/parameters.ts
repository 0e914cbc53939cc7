import { parameters as overview } from '../overview/parameters.ts';
import { parameters as requests } from '../requests/parameters.ts';

/** Those of Overview, and of the log that is one of its tables here. */
export const parameters = { ...overview, ...requests };
