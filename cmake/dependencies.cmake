# Everything comes from Debian 12 packages; scripts/lib/setup.sh holds their names.
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json url)
find_package(OpenSSL 3 REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.37)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
# Its own CMake package would ask for what its other libraries need as well.
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core>=1.0)

# Asio, its SSL part and Beast are compiled once, in src/net/: these two definitions go to every file that includes
# them. io_uring and friends stay off. The thread-local cache for frames of coroutines holds as many as one request has,
# instead of two: what does not fit costs an allocation each.
add_library(runwatch_boost INTERFACE)
target_compile_definitions(runwatch_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)
target_link_libraries(runwatch_boost INTERFACE Boost::headers Boost::json Boost::url Threads::Threads)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(RUNWATCH_TESTS)
    find_package(GTest CONFIG REQUIRED)
endif()
