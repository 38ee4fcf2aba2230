// SPDX-License-Identifier: Apache-2.0
// Of every test program that has no main() of its own.
#include "tests/inference/test.h"

int main(int argc, char** argv)
{
    return lectern::test::run(argc, argv);
}
