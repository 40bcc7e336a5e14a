import { doctorLocal } from "../../src/cli/doctor-local.ts";

process.exitCode = await doctorLocal(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  return 2;
});
