namespace JobNode.Commands;

/// <summary>Spreads bits: a hash of what no adversary chooses.</summary>
internal static class BitMixer
{
    /// <summary>The end of MurmurHash3 (Appleby, public domain): each bit moves half of the bits; 0 stays 0.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53;
        return value ^ (value >> 33);
    }
}
