// The project has no public address yet. A name under .example belongs to nobody, so that no stranger can serve a module under
// it: name a checkout in a replace directive, as README.md shows.
module tesseral-verify.example/tesseral

go 1.24
