# One interface target carries the warnings and sanitizers, so that every target of ours is built alike and no
# system header is.
add_library(runwatch_compiler INTERFACE)
target_compile_options(runwatch_compiler INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough)
if(RUNWATCH_WERROR)
    target_compile_options(runwatch_compiler INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 pairs a coroutine frame's new and delete wrongly and warns about Boost's own inlined code.
    target_compile_options(runwatch_compiler INTERFACE -Wno-mismatched-new-delete -Wno-null-dereference
        -Wno-maybe-uninitialized)
endif()
# A release is hardened as Debian hardens its own: checked copies, guarded stacks. Who says otherwise knows why.
target_compile_options(runwatch_compiler INTERFACE "$<$<CONFIG:Release>:-fstack-protector-strong>")
if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE}" MATCHES "_FORTIFY_SOURCE")
    target_compile_options(runwatch_compiler INTERFACE "$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()
# What is in use resolves every function before it begins, and then makes their table read-only.
target_link_options(runwatch_compiler INTERFACE "$<$<CONFIG:Release>:LINKER:-z,relro,-z,now>")
if(RUNWATCH_SANITIZE)
    target_compile_options(runwatch_compiler INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(runwatch_compiler INTERFACE -fsanitize=address,undefined)
endif()
