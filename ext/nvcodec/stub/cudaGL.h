// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands in for the CUDA toolkit's header, which libgstcuda's headers include: what they name of
// OpenGL is in the nv-codec-headers already.
#pragma once
