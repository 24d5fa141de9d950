// SPDX-License-Identifier: LGPL-2.1-or-later
// One picture, as CUVID takes it: a pure function of the decoder's picture parameters.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_cuviddec.h>

#include <vector>

#include "codec/decode_backend.h"

namespace av1hw {

// A picture in the decoder's memory, which CUVID knows by numbers. What references read has no film
// grain; where grain is applied, what is shown lies elsewhere.
class CuvidSurface : public DecodeSurface {
 public:
  CuvidSurface(unsigned reference_index, unsigned shown_index)
      : reference_index_(reference_index), shown_index_(shown_index) {}

  unsigned reference_index() const { return reference_index_; }
  unsigned shown_index(bool grain) const { return grain ? shown_index_ : reference_index_; }

 private:
  unsigned reference_index_;
  unsigned shown_index_;
};

// Reused from picture to picture, so that it allocates nothing once warm.
struct CuvidPicture {
  CUVIDPICPARAMS params;              // points into the other, and into the picture's data
  std::vector<unsigned> tile_bounds;  // begin and end of each tile in the bytes given
};

// Fills `out` with `picture`, whose surfaces are CuvidSurfaces. Good until `picture.data` goes.
void fill_cuvid_picture(const PictureParams& picture, CuvidPicture& out);

}  // namespace av1hw
