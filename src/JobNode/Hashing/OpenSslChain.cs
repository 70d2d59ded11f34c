using System.Runtime.InteropServices;
using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>
/// One chain hashed by OpenSSL's libcrypto, which is looked for at run time: what the kernels are compared with.
/// </summary>
internal sealed unsafe class OpenSslChain
{
    private static readonly string[] s_names = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"];

    private readonly delegate* unmanaged[SuppressGCTransition]<void*, int> _init;
    private readonly delegate* unmanaged[SuppressGCTransition]<void*, void*, nuint, int> _update;
    private readonly delegate* unmanaged[SuppressGCTransition]<void*, void*, int> _final;
    private readonly delegate* unmanaged[SuppressGCTransition]<void*, nuint, void*, void*> _oneShot;

    // No transition of the runtime around these short calls: the base of the ratios is to be as fast as a loop in C.
    private OpenSslChain(IntPtr library)
    {
        void* init = (void*)NativeLibrary.GetExport(library, "SHA512_Init");
        void* update = (void*)NativeLibrary.GetExport(library, "SHA512_Update");
        void* final = (void*)NativeLibrary.GetExport(library, "SHA512_Final");
        void* oneShot = (void*)NativeLibrary.GetExport(library, "SHA512");
        _init = (delegate* unmanaged[SuppressGCTransition]<void*, int>)init;
        _update = (delegate* unmanaged[SuppressGCTransition]<void*, void*, nuint, int>)update;
        _final = (delegate* unmanaged[SuppressGCTransition]<void*, void*, int>)final;
        _oneShot = (delegate* unmanaged[SuppressGCTransition]<void*, nuint, void*, void*>)oneShot;
    }

    /// <summary>The library, or null where there is none.</summary>
    public static OpenSslChain? TryLoad()
    {
        foreach (string name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out IntPtr library))
            {
                return new OpenSslChain(library);
            }
        }

        return null;
    }

    /// <summary>Advances a chain value by Init, Update and Final: OpenSSL's fastest way.</summary>
    public void Advance(Span<byte> digest64, ulong steps)
    {
        RequireDigest(digest64);
        byte* context = stackalloc byte[512];   // SHA512_CTX has 216 bytes.
        fixed (byte* digest = digest64)
        {
            for (; steps != 0; steps--)
            {
                if (_init(context) != 1 || _update(context, digest, DigestBytes) != 1 || _final(digest, context) != 1)
                {
                    throw new InvalidOperationException("OpenSSL's SHA512_Init, _Update or _Final failed");
                }
            }
        }
    }

    /// <summary>Hashes a message of so many equal pieces.</summary>
    public void Absorb(ReadOnlySpan<byte> piece, ulong times)
    {
        byte* context = stackalloc byte[512];   // SHA512_CTX has 216 bytes.
        byte* digest = stackalloc byte[DigestBytes];
        bool good = _init(context) == 1;
        fixed (byte* bytes = piece)
        {
            for (; times != 0; times--)
            {
                good &= _update(context, bytes, (nuint)piece.Length) == 1;
            }
        }

        if (!good || _final(digest, context) != 1)
        {
            throw new InvalidOperationException("OpenSSL's SHA512_Init, _Update or _Final failed");
        }
    }

    /// <summary>Advances a chain value by its one-shot call, which looks the algorithm up each time.</summary>
    public void AdvanceOneShot(Span<byte> digest64, ulong steps)
    {
        RequireDigest(digest64);
        fixed (byte* digest = digest64)
        {
            for (; steps != 0; steps--)
            {
                if (_oneShot(digest, DigestBytes, digest) == null)
                {
                    throw new InvalidOperationException("OpenSSL's SHA512 failed");
                }
            }
        }
    }
}
