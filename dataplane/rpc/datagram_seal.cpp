#include "rpc/datagram_seal.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <climits>
#include <cstring>

#include <ferry/wire/endian.hpp>

namespace ferryd {

namespace {

constexpr std::uint64_t backwards = std::uint64_t{1} << 63;

unsigned char* bytes_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

struct Header {
    ferry::wire::be64 session, number;
};
static_assert(sizeof(Header) == DatagramSeal::header_bytes);

/// Of a datagram that has one.
Header header_of(std::string_view datagram)
{
    Header header;
    std::memcpy(&header, datagram.data(), sizeof(header));
    return header;
}

std::array<unsigned char, 12> nonce_of(const Header& header)
{
    std::array<unsigned char, 12> nonce{};
    std::memcpy(nonce.data() + 4, &header.number, sizeof(header.number));
    return nonce;
}

}  // namespace

struct DatagramSeal::Ciphers {
    struct Free {
        void operator()(EVP_CIPHER_CTX* cipher) const noexcept { EVP_CIPHER_CTX_free(cipher); }
    };
    using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free>;
    Cipher seal{EVP_CIPHER_CTX_new()}, open{EVP_CIPHER_CTX_new()};
    bool ready = false;
};

DatagramSeal::DatagramSeal(std::uint64_t session, const Key& key, End end)
    : session_(session), end_(end), ciphers_(std::make_unique<Ciphers>())
{
    Ciphers& made = *ciphers_;
    made.ready = made.seal != nullptr && made.open != nullptr &&
                 EVP_EncryptInit_ex(made.seal.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) == 1 &&
                 EVP_DecryptInit_ex(made.open.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) == 1;
}

DatagramSeal::~DatagramSeal() = default;

std::string DatagramSeal::seal(std::string_view text)
{
    if (!ciphers_->ready || text.size() > INT_MAX)
        return {};
    const Header header{ferry::wire::be64{session_}, ferry::wire::be64{++sent_ | (end_ == End::called ? backwards : 0)}};
    const auto nonce = nonce_of(header);
    std::string datagram(header_bytes + text.size() + tag_bytes, '\0');
    std::memcpy(datagram.data(), &header, sizeof(header));
    unsigned char* const at = bytes_of(datagram);
    EVP_CIPHER_CTX* const cipher = ciphers_->seal.get();
    int size = 0;
    const bool sealed =
        EVP_EncryptInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
        EVP_EncryptUpdate(cipher, nullptr, &size, at, header_bytes) == 1 &&
        EVP_EncryptUpdate(cipher, at + header_bytes, &size, bytes_of(text), static_cast<int>(text.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher, at + header_bytes + text.size(), &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, tag_bytes, at + header_bytes + text.size()) == 1;
    return sealed ? datagram : std::string{};
}

std::optional<std::string> DatagramSeal::open(std::string_view datagram)
{
    if (!ciphers_->ready || session_of(datagram) != session_ || datagram.size() > INT_MAX)
        return std::nullopt;
    const Header header = header_of(datagram);
    const std::uint64_t number = header.number.host();
    const bool from_called = (number & backwards) != 0;
    if (from_called == (end_ == End::called) || !received_.is_new(number & ~backwards))
        return std::nullopt;
    const std::size_t size = datagram.size() - header_bytes - tag_bytes;
    std::string text(size, '\0'), tag(datagram.substr(header_bytes + size));
    const auto nonce = nonce_of(header);
    EVP_CIPHER_CTX* const cipher = ciphers_->open.get();
    int written = 0;
    const bool authentic =
        EVP_DecryptInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
        EVP_DecryptUpdate(cipher, nullptr, &written, bytes_of(datagram), header_bytes) == 1 &&
        EVP_DecryptUpdate(cipher, bytes_of(text), &written, bytes_of(datagram.substr(header_bytes)), static_cast<int>(size)) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher, bytes_of(text) + size, &written) == 1;
    if (!authentic)
        return std::nullopt;
    received_.note(number & ~backwards);
    return text;
}

std::optional<std::uint64_t> DatagramSeal::session_of(std::string_view datagram)
{
    if (datagram.size() < header_bytes + tag_bytes)
        return std::nullopt;
    return header_of(datagram).session.host();
}

bool fill_randomly(void* bytes, std::size_t size)
{
    return RAND_bytes(static_cast<unsigned char*>(bytes), static_cast<int>(size)) == 1;
}

}  // namespace ferryd
