/** Status shows the installation, of which there is one: nothing to keep in the address. */
export const parameters = {};
