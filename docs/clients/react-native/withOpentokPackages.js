// An Expo config plugin: registers the library's packages on Android. The library's own plugin
// gives permissions alone, and autolinking finds one package of a library's three.

const { withMainApplication } = require("expo/config-plugins");

const LIST = "PackageList(this).packages";
const PACKAGES = ["OpentokReactNativePackage", "OTRNPublisherPackage", "OTRNSubscriberPackage"];

function registered(mainApplication) {
  if (mainApplication.includes("com.opentokreactnative")) return mainApplication;
  if (!mainApplication.includes(LIST)) throw new Error(`MainApplication.kt has no ${LIST}.`);
  const added = PACKAGES.map((name) => `add(com.opentokreactnative.${name}())`).join("; ");
  return mainApplication.replace(LIST, `${LIST}.apply { ${added} }`);
}

module.exports = (config) =>
  withMainApplication(config, (mod) => {
    mod.modResults.contents = registered(mod.modResults.contents);
    return mod;
  });
