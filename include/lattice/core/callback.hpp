#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace lattice::inline v0 {

template <typename Signature>
class Callback;

/// A move-only callable that somebody hands over to be called later, at most by one thread at a time.
///
/// It holds what std::function cannot (move-only captures), costs the core no heavy header, and keeps captures of up to
/// three pointers in place, so that a timer or a posted job allocates nothing. An empty one tests false; calling it is a
/// bug of the caller's.
template <typename Result, typename... Args>
class Callback<Result(Args...)> {
   public:
    Callback() noexcept = default;
    Callback(std::nullptr_t) noexcept {}  // NOLINT: a null callback reads as one

    /// Takes any callable with a fitting signature.
    template <typename F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> &&
                 std::is_invocable_r_v<Result, std::remove_cvref_t<F>&, Args...>)
    Callback(F&& callable) {  // NOLINT: implicit, as std::function is
        using Stored = std::remove_cvref_t<F>;
        if constexpr (fits<Stored>) {
            new (&storage_) Stored(std::forward<F>(callable));
            operations_ = &inline_operations<Stored>;
        } else {
            new (&storage_) Stored*(new Stored(std::forward<F>(callable)));
            operations_ = &heap_operations<Stored>;
        }
    }

    Callback(Callback&& other) noexcept { take(other); }
    Callback& operator=(Callback&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;
    ~Callback() { reset(); }

    explicit operator bool() const noexcept { return operations_ != nullptr; }

    /// Calls it. Exceptions of the callable pass through.
    Result operator()(Args... args) { return operations_->call(&storage_, std::forward<Args>(args)...); }

   private:
    struct Operations {
        Result (*call)(void*, Args&&...);
        void (*relocate)(void* from, void* to) noexcept;
        void (*destroy)(void*) noexcept;
    };

    static constexpr std::size_t capacity = 3 * sizeof(void*);

    template <typename F>
    static constexpr bool fits = sizeof(F) <= capacity &&
                                 alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

    template <typename F>
    static Result invoke(F& callable, Args&&... args) {
        if constexpr (std::is_void_v<Result>) {
            callable(std::forward<Args>(args)...);
        } else {
            return callable(std::forward<Args>(args)...);
        }
    }

    template <typename F>
    static constexpr Operations inline_operations{
        [](void* at, Args&&... args) -> Result { return invoke(*static_cast<F*>(at), std::forward<Args>(args)...); },
        [](void* from, void* to) noexcept {
            new (to) F(std::move(*static_cast<F*>(from)));
            static_cast<F*>(from)->~F();
        },
        [](void* at) noexcept { static_cast<F*>(at)->~F(); }};

    template <typename F>
    static constexpr Operations heap_operations{
        [](void* at, Args&&... args) -> Result { return invoke(**static_cast<F**>(at), std::forward<Args>(args)...); },
        [](void* from, void* to) noexcept { new (to) F*(*static_cast<F**>(from)); },
        [](void* at) noexcept { delete *static_cast<F**>(at); }};

    void take(Callback& other) noexcept {
        if (other.operations_ != nullptr) {
            other.operations_->relocate(&other.storage_, &storage_);
            operations_ = std::exchange(other.operations_, nullptr);
        }
    }

    void reset() noexcept {
        if (operations_ != nullptr) {
            std::exchange(operations_, nullptr)->destroy(&storage_);
        }
    }

    alignas(void*) std::byte storage_[capacity];
    const Operations* operations_{nullptr};
};

}  // namespace lattice::inline v0
