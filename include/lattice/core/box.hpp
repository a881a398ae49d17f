#pragma once

#include <utility>

namespace lattice::inline v0 {

/// Owns one object on the heap, or none. What std::unique_ptr is, at a tenth of what that costs to compile: the core keeps its
/// rarely needed parts in boxes, and everybody who includes it would pay.
template <typename T>
class Box {
   public:
    Box() noexcept = default;

    template <typename... Args>
    static Box make(Args&&... args) {
        Box box;
        box.object_ = new T(std::forward<Args>(args)...);
        return box;
    }

    Box(Box&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Box& operator=(Box&& other) noexcept {
        delete std::exchange(object_, std::exchange(other.object_, nullptr));
        return *this;
    }
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;
    ~Box() { delete object_; }

    void reset() noexcept { delete std::exchange(object_, nullptr); }

    [[nodiscard]] T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }

   private:
    T* object_{nullptr};
};

}  // namespace lattice::inline v0
