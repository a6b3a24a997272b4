using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Inventory;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Silo.Storage;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>The configuration may change the provider at any time: either finds the other's rows, whatever their keys.</summary>
[Collection(nameof(StorageProviders))]
public sealed class BothProvidersTests(StorageProviders silo)
{
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private static readonly Dictionary<string, IdSpan> Keys = new()
    {
        ["Guid"] = GrainIdKeyExtensions.CreateGuidKey(Id),
        ["empty Guid"] = GrainIdKeyExtensions.CreateGuidKey(Guid.Empty),
        ["Guid with extension"] = GrainIdKeyExtensions.CreateGuidKey(Id, "left"),
        ["Guid with another extension"] = GrainIdKeyExtensions.CreateGuidKey(Id, "right+right"),
        ["another Guid with the extension"] = GrainIdKeyExtensions.CreateGuidKey(
            Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"), "left"),
        ["whole number"] = GrainIdKeyExtensions.CreateIntegerKey(42),
        ["negative number"] = GrainIdKeyExtensions.CreateIntegerKey(-42),
        ["largest number"] = GrainIdKeyExtensions.CreateIntegerKey(long.MaxValue),
        ["smallest number"] = GrainIdKeyExtensions.CreateIntegerKey(long.MinValue),
        ["number with extension"] = GrainIdKeyExtensions.CreateIntegerKey(42, "left"),
        ["another number with the extension"] = GrainIdKeyExtensions.CreateIntegerKey(43, "left"),
        ["text"] = IdSpan.Create("sku/MUG"),
        ["text that looks like an extension"] = IdSpan.Create("left"),
        ["text with a plus"] = IdSpan.Create("a b+c"),
        ["text of many alphabets"] = IdSpan.Create("клавиша 键 🔑"),
    };

    public static TheoryData<string> KindsOfKeys => [.. Keys.Keys];

    [Theory, MemberData(nameof(KindsOfKeys))]
    public async Task a_key_of_any_kind_names_the_same_row(string kind)
    {
        var id = GrainId.Create(GrainType.Create("any"), Keys[kind]);
        foreach (var (writer, reader) in ((StorageProvider, StorageProvider)[])[
            (StorageProvider.GroupCommit, StorageProvider.AdoNet), (StorageProvider.AdoNet, StorageProvider.GroupCommit)])
        {
            var state = new GrainState<Note>();
            await silo.Storage(writer).ReadStateAsync("keys", id, state);
            state.State = new Note($"{kind} by {writer}");
            await silo.Storage(writer).WriteStateAsync("keys", id, state);

            var read = new GrainState<Note>();
            await silo.Storage(reader).ReadStateAsync("keys", id, read);
            Assert.Equal((state.State, state.ETag), (read.State, read.ETag));
        }
    }

    [Fact]
    public async Task keys_of_different_kinds_name_different_rows()
    {
        foreach (var provider in Enum.GetValues<StorageProvider>())
        {
            var name = $"rows of {provider}";
            foreach (var (kind, key) in Keys)
                await silo.Storage(provider)
                    .WriteStateAsync(name, GrainId.Create(GrainType.Create("any"), key), new GrainState<Note>(new Note(kind)));
            Assert.Equal(Keys.Count, await silo.QueryAsync<long>("select count(*) from grain_state where state_name = $1", name));
        }
    }

    [Theory]
    [InlineData(typeof(List<Note>))]
    [InlineData(typeof(Dictionary<string, List<Guid>>))]
    [InlineData(typeof(StateEnvelope<Note>))]
    public async Task a_generic_types_name_names_the_same_row(Type type)
    {
        foreach (var name in (string[])[type.FullName!, type.AssemblyQualifiedName!])
        {
            var id = GrainId.Create("any", $"generic/{Guid.NewGuid()}");
            var state = new GrainState<Note>(new Note("generic"));
            await silo.Storage(StorageProvider.GroupCommit).WriteStateAsync(name, id, state);
            var read = new GrainState<Note>();
            await silo.Storage(StorageProvider.AdoNet).ReadStateAsync(name, id, read);
            Assert.Equal((state.State, state.ETag), (read.State, read.ETag));
        }
    }

    [Fact]
    public async Task a_document_of_200_kilobytes_goes_from_one_to_the_other_and_back()
    {
        var id = GrainId.Create("cart", Guid.NewGuid().ToString("N"));
        var (group, ado) = (silo.Storage(StorageProvider.GroupCommit), silo.Storage(StorageProvider.AdoNet));
        var state = new GrainState<StateEnvelope<Note>>(new StateEnvelope<Note>
        {
            State = new Note(new string('a', 200_000)),
            Sequence = 3
        });
        await group.WriteStateAsync("cart", id, state);
        await ado.ReadStateAsync("cart", id, state);
        Assert.Equal((200_000, 3), (state.State!.State!.Text.Length, (int)state.State.Sequence));
        state.State = new StateEnvelope<Note> { State = new Note(new string('b', 70_000)), Sequence = 4 };
        await ado.WriteStateAsync("cart", id, state);
        await group.ReadStateAsync("cart", id, state);
        Assert.Equal(new Note(new string('b', 70_000)), state.State.State);
        Assert.Equal("2", state.ETag);
    }

    [Theory]
    [InlineData(StorageProvider.GroupCommit)]
    [InlineData(StorageProvider.AdoNet)]
    public async Task the_readers_of_an_events_queue_are_woken_after_the_write(StorageProvider provider)
    {
        var signal = new Signal();
        var queues = await silo.QueryAsync<int[]>("select array_agg(id order by number) from stream_queue where provider = 'shop'");
        IGrainStorage storage = provider == StorageProvider.AdoNet
            ? new SignallingStorage(silo.Storage(provider), () => queues, signal)
            : await silo.StartAsync(o => o.StreamProvider = "shop", signal);
        for (var n = 0; n < 20; n++)
        {
            var id = GrainId.Create("cart", Guid.NewGuid().ToString("N"));
            var now = DateTimeOffset.UtcNow;
            var events = new[] { now, now.AddHours(1) }.Select((due, i) => new EventEnvelope(
                $"{id}#{i}", $"{id}", i, "inventory.out-of-stock", "x", "cart", $"{id} {i}", now, i == 0 ? null : due, null, null, null,
                new InventoryOutOfStock("X"))).ToArray();
            await storage.WriteStateAsync(
                "cart", id, new GrainState<StateEnvelope<Note>>(new StateEnvelope<Note> { State = new Note("x"), Events = events }));
            Assert.Equal([await silo.QueryAsync<int>("select queue from event where id = $1", $"{id}#0")], signal.Take());
        }
        if (storage is IAsyncDisposable own)
            await own.DisposeAsync();
    }

    [Fact]
    public async Task what_one_clears_the_other_finds_cleared()
    {
        var id = GrainId.Create("cart", Guid.NewGuid().ToString("N"));
        var (group, ado) = (silo.Storage(StorageProvider.GroupCommit), silo.Storage(StorageProvider.AdoNet));
        var state = new GrainState<Note>(new Note("x"));
        await ado.WriteStateAsync("cart", id, state);
        await group.ClearStateAsync("cart", id, state);
        var read = new GrainState<Note>();
        await ado.ReadStateAsync("cart", id, read);
        Assert.Equal((false, "2"), (read.RecordExists, read.ETag));
    }

    private sealed class Signal : IEventSignal
    {
        private readonly List<int> raised = [];

        public int[] Take()
        {
            int[] taken = [.. raised];
            raised.Clear();
            return taken;
        }

        public void Raise(ReadOnlySpan<int> queues) => raised.AddRange(queues);
    }
}
