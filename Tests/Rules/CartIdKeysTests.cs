using CsCheck;
using Orleans.Metadata;
using SoonShop.Aggregates;
using SoonShop.Carts;

namespace SoonShop.Tests.Rules;

public sealed class CartIdKeysTests
{
    private static readonly Gen<byte[]> Key = Gen.Byte.Array[CartIdKeys.KeyLength];

    [Fact]
    public void what_a_key_has_issued_it_proves() => Key.Sample(key =>
    {
        var keys = new CartIdKeys(key);
        var id = keys.Issue();

        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id.ToString());
        Assert.True(CartIdKeys.MayBeIssued(id));
        Assert.True(keys.Proves(id));
        Assert.True(keys.Proves(Guid.Parse(id.ToString().ToUpperInvariant())));
    });

    [Fact]
    public void an_id_with_one_bit_changed_is_refused() => Gen.Select(Key, Gen.Int[0, 127]).Sample((key, bit) =>
    {
        var keys = new CartIdKeys(key);
        var bytes = keys.Issue().ToByteArray(bigEndian: true);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));

        Assert.False(keys.Proves(new Guid(bytes, bigEndian: true)));
    });

    [Fact]
    public void what_anybody_can_make_up_is_refused() => Gen.Select(Key, Gen.Guid, Gen.String).Sample((key, random, text) =>
    {
        var keys = new CartIdKeys(key);

        Assert.False(keys.Proves(random));
        Assert.False(keys.Proves(Deterministic.Id(text)));
        Assert.False(keys.Proves(Guid.Empty));
    });

    [Fact]
    public void another_key_proves_nothing() => Gen.Select(Key, Key).Where((one, two) => !one.SequenceEqual(two)).Sample((one, two) =>
        Assert.False(new CartIdKeys(two).Proves(new CartIdKeys(one).Issue())));

    [Fact]
    public void the_first_key_signs_and_all_prove() =>
        Gen.Select(Key, Key).Where((one, two) => !one.SequenceEqual(two)).Sample((older, newer) =>
        {
            var both = new CartIdKeys(newer, older);

            Assert.True(both.Proves(new CartIdKeys(older).Issue()));
            Assert.True(new CartIdKeys(newer).Proves(both.Issue()));
            Assert.False(new CartIdKeys(older).Proves(both.Issue()));
        });

    /// <summary>Carts that wait for their first item rest on it: the way ids are proven must never change.</summary>
    [Fact]
    public void an_id_is_good_for_ever() =>
        Assert.True(new CartIdKeys([.. Enumerable.Range(0, CartIdKeys.KeyLength).Select(n => (byte)n)]).Proves(
            Guid.Parse("00000000-0000-8000-8000-0000666329ce")));

    [Fact]
    public void no_two_ids_are_alike()
    {
        var keys = new CartIdKeys(new byte[CartIdKeys.KeyLength]);
        Assert.Equal(100_000, Enumerable.Range(0, 100_000).Select(_ => keys.Issue()).Distinct().Count());
    }

    [Fact]
    public void keys_must_be_there_and_whole()
    {
        Assert.Throws<ArgumentException>(() => new CartIdKeys());
        Assert.Throws<ArgumentException>(() => new CartIdKeys(new byte[CartIdKeys.KeyLength], new byte[16]));
    }

    [Fact]
    public void none_are_issued_while_a_silo_is_there_that_does_not_know_them()
    {
        var grain = GrainType.Create("cartids");
        static GrainManifest Silo(params string[] grains) => new(
            grains.ToImmutableDictionary(
                GrainType.Create, _ => new GrainProperties(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal))),
            ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty);

        Assert.True(ClusterManifests.AllKnow(grain, [Silo("cart", "cartids"), Silo("cart", "cartids")]));
        Assert.False(ClusterManifests.AllKnow(grain, [Silo("cart", "cartids"), Silo("cart")]));
    }
}
