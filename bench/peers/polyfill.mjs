// restate-sdk 1.17 needs Promise.withResolvers, which Node has from version 22 on.
Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
