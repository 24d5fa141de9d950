// SPDX-License-Identifier: LGPL-2.1-or-later
// Decoders and encoders that fail in one way each, registered in the test process only.
#pragma once

namespace av1hw::test {

// Registers, of rank none:
//   fakedec-ready  fakeenc-ready   fail from NULL to READY, with an error message
//   fakedec-caps   fakeenc-caps    refuse every format
//   fakedec-first  fakeenc-first   fail on their third buffer, with an error message
//   fakedec-quiet                  takes every buffer, but posts an error on the second
//   fakedec-late                   fails after ten pictures
void register_fake_codecs();

// While this lives, they rank above other plugins' elements.
class FakeCodecsFirst {
 public:
  FakeCodecsFirst();
  ~FakeCodecsFirst();
};

}  // namespace av1hw::test
