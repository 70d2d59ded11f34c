using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class SlotIndexTests
{
    [Fact]
    public void It_finds_what_a_dictionary_finds_while_keys_come_and_go()
    {
        var random = new Random(11);
        var keys = new Keys();
        var index = new SlotIndex(keys);
        var model = new Dictionary<UInt128, int>();
        for (int step = 0; step < 200_000; step++)
        {
            var key = (UInt128)random.Next(60_000) << 64;
            if (model.Remove(key, out int slot))
            {
                index.Remove(key);
                keys.Slots[slot] = 0;
            }
            else
            {
                keys.Slots.Add(key);
                model[key] = keys.Slots.Count - 1;
                index.Add(key, keys.Slots.Count - 1);
            }
        }

        Assert.Equal(model.Count, index.Count);
        for (int i = 0; i < 60_000; i++)
        {
            UInt128 key = (UInt128)i << 64;
            Assert.Equal(model.TryGetValue(key, out int slot) ? slot : -1, index.Find(key));
        }
    }

    private sealed class Keys : IKeySource
    {
        public List<UInt128> Slots { get; } = [];

        public UInt128 KeyAt(int slot) => Slots[slot];
    }
}
