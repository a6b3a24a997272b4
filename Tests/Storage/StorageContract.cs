using Npgsql;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Inventory;
using SoonShop.Pricing;
using SoonShop.Silo.Storage;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>
/// What grains may expect of either provider: versions as ETags, first writes, clearing and re-creating; and of documents,
/// that state, events and ledger rows commit together, once.
/// </summary>
public abstract class StorageContract(StorageProviders silo, StorageProvider provider)
{
    private const string Name = "cart";

    private IGrainStorage Storage => silo.Storage(provider);

    [Fact]
    public async Task what_is_not_there_reads_as_new()
    {
        var state = new GrainState<Note>(new Note("left over"), "7") { RecordExists = true };
        await Storage.ReadStateAsync(Name, NewId(), state);
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal(new Note(), state.State);
    }

    [Fact]
    public async Task what_was_written_is_read()
    {
        var id = NewId();
        var state = await WriteAsync(id, new Note("Grüße, 你好, 🛒"));
        Assert.True(state.RecordExists);
        var read = await ReadAsync<Note>(id);
        Assert.True(read.RecordExists);
        Assert.Equal(state.State, read.State);
        Assert.Equal(state.ETag, read.ETag);
    }

    [Fact]
    public async Task types_with_private_setters_derived_ones_and_cycles_come_back_as_they_were()
    {
        var sealedOff = new SealedOff();
        sealedOff.Set(7, "Zoë");
        Assert.Equal((7, "Zoë"), await BackAsync(sealedOff) is var read ? (read.Number, read.Name) : default);
        var (rex, cat) = (new Dog { Name = "Rex", Age = 3 }, new Animal { Name = "Cat" });
        Assert.Equal(rex, await BackAsync<Animal>(rex));
        var farm = await BackAsync(new Farm { Animals = [rex, cat], ByName = new() { ["x"] = rex } });
        Assert.Equal([rex, cat], farm.Animals);
        Assert.Equal(rex, farm.ByName["x"]);
        var knot = new Knot();
        knot.Other = new Knot { Other = knot };
        var untied = await BackAsync(knot);
        Assert.Same(untied, untied.Other!.Other);
        Assert.Equal(-5, await BackAsync(-5));
        Assert.Equal(0m, await BackAsync(0m));
    }

    [Fact]
    public async Task a_type_that_would_lose_something_is_refused_at_its_first_write_with_what_to_do()
    {
        var id = NewId();
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => WriteAsync(id, new Unmarked { Name = "lost?" }));
        Assert.All([nameof(Unmarked), "GenerateSerializer", nameof(IGrainStorageSerializer)], part =>
            Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.False((await ReadAsync<Unmarked>(id)).RecordExists);
        await Assert.ThrowsAsync<NotSupportedException>(() => WriteAsync(id, new Farm { Animals = [new Stray()] }));
    }

    [Fact]
    public async Task what_earlier_versions_wrote_as_json_is_read()
    {
        var id = NewId();
        await silo.QueryAsync<int>(
            "insert into grain_state (state_name, grain_key, version, state) values ($1, $2, 1, convert_to($3, 'UTF8')) returning version",
            Name, $"{id.Key}", """{"Name": "Ada"}""");
        Assert.Equal("Ada", (await ReadAsync<Unmarked>(id)).State!.Name);
        Assert.Equal("Ada", (await ReadAsync<Marked>(id)).State!.Name);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("8")]
    [InlineData("41")]
    [InlineData("-3")]
    public async Task numbers_that_earlier_versions_wrote_as_json_are_read(string json)
    {
        var id = NewId();
        await silo.QueryAsync<int>(
            "insert into grain_state (state_name, grain_key, version, state) values ($1, $2, 1, convert_to($3, 'UTF8')) returning version",
            Name, $"{id.Key}", json);
        Assert.Equal(int.Parse(json, System.Globalization.CultureInfo.InvariantCulture), (await ReadAsync<int>(id)).State);
    }

    [Fact]
    public async Task each_write_changes_the_etag_even_of_the_same_state()
    {
        var id = NewId();
        var state = await WriteAsync(id, new Note("same"));
        var first = state.ETag;
        await Storage.WriteStateAsync(Name, id, state);
        Assert.NotEqual(first, state.ETag);
        Assert.Equal(state.ETag, (await ReadAsync<Note>(id)).ETag);
    }

    [Fact]
    public async Task a_state_of_200_kilobytes_comes_back_with_its_events_and_its_ledger()
    {
        var id = NewId();
        var large =
            new StateEnvelope<Note> { State = new Note(new string('x', 200_000)), Events = Events(id, 1, 2), Ledger = [Movement("a", 1)] };
        await WriteAsync(id, large);
        Assert.Equal(large.State, (await ReadAsync<StateEnvelope<Note>>(id)).State!.State);
        Assert.Equal(2, await EventsOfAsync(id));
    }

    [Fact]
    public async Task a_state_without_bound_is_refused_and_the_next_write_works()
    {
        var id = NewId();
        var state = new GrainState<Note>(new Note(new string('x', 5_000_000)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Storage.WriteStateAsync(Name, id, state));
        state.State = new Note("short");
        await Storage.WriteStateAsync(Name, id, state);
    }

    [Fact]
    public async Task a_first_write_of_what_is_there_is_refused()
    {
        var id = NewId();
        await WriteAsync(id, new Note("first"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(id, new Note("second")));
        Assert.Equal(new Note("first"), (await ReadAsync<Note>(id)).State);
    }

    [Fact]
    public async Task a_write_over_what_never_was_is_refused()
    {
        var id = NewId();
        var state = new GrainState<Note>(new Note("x"), "5") { RecordExists = true };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, state));
        Assert.Equal("5", state.ETag);
        Assert.False((await ReadAsync<Note>(id)).RecordExists);
    }

    [Fact]
    public async Task a_stale_write_is_refused_with_its_events_and_its_ledger()
    {
        var id = NewId();
        await WriteAsync(id, new StateEnvelope<Note> { State = new Note("1"), Events = Events(id, 1) });
        var (first, second) = (await ReadAsync<StateEnvelope<Note>>(id), await ReadAsync<StateEnvelope<Note>>(id));
        first.State = new StateEnvelope<Note> { State = new Note("2"), Events = Events(id, 2) };
        await Storage.WriteStateAsync(Name, id, first);
        var movement = Movement("late", 1);
        second.State = new StateEnvelope<Note> { State = new Note("3"), Events = Events(id, 3), Ledger = [movement] };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, second));
        Assert.Equal(2, await EventsOfAsync(id));
        Assert.Equal(0, await MovementsOfAsync(movement.Sku));
        Assert.Equal(("2", "2"), await ReadAsync<StateEnvelope<Note>>(id) is var now ? (now.ETag!, now.State!.State!.Text) : default);
    }

    [Fact]
    public async Task of_concurrent_first_writes_one_wins()
    {
        var id = NewId();
        var tries = await Task.WhenAll(Enumerable.Range(0, 16).Select(async n => await WinsAsync(() => WriteAsync(
            id, new StateEnvelope<Note> { State = new Note($"{n}"), Events = Events(id, 1) }))));
        Assert.Equal(1, tries.Count(won => won));
        Assert.Equal(1, await EventsOfAsync(id));
        Assert.Equal($"{Array.IndexOf(tries, true)}", (await ReadAsync<StateEnvelope<Note>>(id)).State!.State!.Text);
    }

    [Fact]
    public async Task of_concurrent_writes_over_one_version_one_wins()
    {
        var id = NewId();
        var version = (await WriteAsync(id, new Note("0"))).ETag;
        var tries = await Task.WhenAll(Enumerable.Range(0, 16).Select(async n => await WinsAsync(() =>
            Storage.WriteStateAsync(Name, id, new GrainState<Note>(new Note($"{n}"), version) { RecordExists = true }))));
        Assert.Equal(1, tries.Count(won => won));
        Assert.Equal($"{Array.IndexOf(tries, true)}", (await ReadAsync<Note>(id)).State!.Text);
    }

    [Fact]
    public async Task a_cleared_state_reads_as_new_and_can_be_written_again()
    {
        var id = NewId();
        var state = await WriteAsync(id, new Note("first"));
        var written = state.ETag;
        await Storage.ClearStateAsync(Name, id, state);
        Assert.Equal((false, new Note()), (state.RecordExists, state.State));
        Assert.NotEqual(written, state.ETag);

        var read = await ReadAsync<Note>(id);
        Assert.False(read.RecordExists);
        Assert.Equal(new Note(), read.State);
        Assert.Equal(state.ETag, read.ETag);

        state.State = new Note("second");
        await Storage.WriteStateAsync(Name, id, state);
        Assert.Equal((true, new Note("second")), await ReadAsync<Note>(id) is var again ? (again.RecordExists, again.State) : default);
    }

    [Fact]
    public async Task a_cleared_state_keeps_its_version_so_that_nobody_stale_writes_over_it()
    {
        var id = NewId();
        var state = await WriteAsync(id, new Note("first"));
        var stale = await ReadAsync<Note>(id);
        await Storage.ClearStateAsync(Name, id, state);
        Assert.Equal("2", state.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(id, new Note("as if it were new")));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(Name, id, stale));
    }

    [Fact]
    public async Task clearing_twice_and_clearing_nothing_do_no_harm()
    {
        var id = NewId();
        var nothing = new GrainState<Note>(new Note("left over"));
        await Storage.ClearStateAsync(Name, id, nothing);
        Assert.Equal((false, null, new Note()), (nothing.RecordExists, nothing.ETag, nothing.State));
        var state = await WriteAsync(id, new Note("first"));
        await Storage.ClearStateAsync(Name, id, state);
        await Storage.ClearStateAsync(Name, id, state);
        Assert.False((await ReadAsync<Note>(id)).RecordExists);
    }

    [Fact]
    public async Task one_grain_may_keep_several_states()
    {
        var id = NewId();
        await Storage.WriteStateAsync("cart", id, new GrainState<Note>(new Note("cart")));
        await Storage.WriteStateAsync("something else", id, new GrainState<Note>(new Note("else")));
        Assert.Equal("cart", (await ReadAsync<Note>(id)).State!.Text);
        Assert.Equal("else", (await ReadAsync<Note>(id, "something else")).State!.Text);
    }

    [Fact]
    public async Task many_grains_write_and_read_side_by_side()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (n, _) =>
        {
            var id = NewId();
            var state = new GrainState<Note>();
            for (var k = 1; k <= 10; k++)
            {
                state.State = new Note($"{n}/{k}");
                await Storage.WriteStateAsync(Name, id, state);
                var read = await ReadAsync<Note>(id);
                Assert.Equal(($"{n}/{k}", $"{k}", state.ETag), (read.State!.Text, read.ETag, read.ETag));
            }
        });
    }

    [Fact]
    public async Task state_events_and_ledger_commit_together()
    {
        var id = NewId();
        var movement = Movement("order/reserve", 1);
        var state = await WriteAsync(id, new StateEnvelope<Note> { State = new Note("1"), Events = Events(id, 1, 2), Ledger = [movement] });
        Assert.True(state.RecordExists);
        Assert.Equal(2, await EventsOfAsync(id));
        Assert.Equal(1, await MovementsOfAsync(movement.Sku));
    }

    [Fact]
    public async Task an_event_that_is_there_already_fails_the_whole_write()
    {
        var id = NewId();
        var state = await WriteAsync(id, new StateEnvelope<Note> { State = new Note("1"), Events = Events(id, 1) });
        state.State = new StateEnvelope<Note> { State = new Note("2"), Events = Events(id, 2, 1) };
        await Assert.ThrowsAsync<PostgresException>(() => Storage.WriteStateAsync(Name, id, state));
        Assert.Equal("1", state.ETag);
        Assert.Equal(1, await EventsOfAsync(id));
        Assert.Equal("1", (await ReadAsync<StateEnvelope<Note>>(id)).ETag);
    }

    [Fact]
    public async Task a_stock_operation_that_is_there_already_fails_the_whole_write()
    {
        var id = NewId();
        var movement = Movement("order/reserve", 1);
        var state = await WriteAsync(id, new StateEnvelope<Note> { State = new Note("1"), Ledger = [movement] });
        state.State = new StateEnvelope<Note> { State = new Note("2"), Events = Events(id, 1), Ledger = [movement with { Sequence = 2 }] };
        await Assert.ThrowsAsync<PostgresException>(() => Storage.WriteStateAsync(Name, id, state));
        Assert.Equal(0, await EventsOfAsync(id));
        Assert.Equal("1", (await ReadAsync<StateEnvelope<Note>>(id)).ETag);
    }

    [Fact]
    public async Task an_event_is_stored_as_it_was_handed_over()
    {
        var id = NewId();
        var time = new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.FromHours(2));
        var e = new EventEnvelope(
            $"{id}#1", $"{id}", 1, "inventory.out-of-stock", "subject", "cart", "Zoë", time, null, "correlation", "causation", "00-trace",
            new InventoryOutOfStock("MUG"));
        await WriteAsync(
            id, new StateEnvelope<Note>
            {
                State = new Note("1"),
                Events = [e, e with { Id = $"{id}#2", Sequence = 2, NotBefore = time.AddHours(1), TraceParent = null }],
            });
        Assert.Equal(
            "1|inventory.out-of-stock|subject|cart|Zoë|2026-03-01 07:30:00+00||correlation|causation|00-trace|{\"sku\": \"MUG\"}|true|now"
            + " 2|inventory.out-of-stock|subject|cart|Zoë|2026-03-01 07:30:00+00|2026-03-01 08:30:00+00|correlation|causation||{\"sku\": "
            + "\"MUG\"}|true|later",
            await silo.QueryAsync<string>("""
                select string_agg(concat_ws('|', sequence, type, subject, stream_namespace, stream_key, time,
                    coalesce(not_before::text, ''), correlation_id, causation_id, coalesce(traceparent, ''), data,
                    case when queue = stream_queue_of('shop', stream_namespace, stream_key) then 'true' end,
                    case when due_at is null then 'now' when due_at between clock_timestamp() + interval '50 minutes'
                        and clock_timestamp() + interval '1 hour' then 'later' end),
                  ' ' order by position)
                from event where source = $1
                """, $"{id}"));
    }

    [Fact]
    public async Task a_movement_is_stored_as_it_was_handed_over()
    {
        var movement = Movement("order/reserve", 3) with { Reference = "order 7" };
        await WriteAsync(
            NewId(), new StateEnvelope<Note>
            {
                State = new Note("1"),
                Ledger = [movement, movement with { Sequence = 4, OperationId = "other", Reference = null }],
            });
        Assert.Equal(
            "3|order/reserve|2026-03-01 09:30:00+00|Reservation|1|5|2|order 7 4|other|2026-03-01 09:30:00+00|Reservation|1|5|2|",
            await silo.QueryAsync<string>("""
                select string_agg(concat_ws('|', sequence, operation_id, at, kind, delta, on_hand_after, reserved_after,
                    coalesce(reference, '')), ' ' order by sequence)
                from stock_ledger where sku = $1
                """, movement.Sku));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task a_use_of_a_promotion_is_stored_as_it_was_handed_over(int rows)
    {
        var promotion = $"promotion-{Guid.NewGuid():N}";
        var order = Guid.NewGuid();
        var use = new PromotionUseRow(
            promotion, 1, "1/reserve", At, "Reservation", 1, 500, "USD", 2, 3, 700, 900, order, ["ada \"é\"", "code"])
        {
            HolderRows = [new PromotionHolderRow(promotion, "ada \"é\"", 1, 4), new PromotionHolderRow(promotion, "code", 1, 5)],
        };
        var commits = Enumerable.Range(2, rows - 1).Select(i => use with
        {
            Sequence = i,
            OperationId = $"{i}/settle",
            Kind = "Commit",
            Amount = 0,
            Currency = null,
            Holders = null,
            HolderRows = [],
        });
        await WriteAsync(NewId(), new StateEnvelope<Note> { State = new Note("1"), Ledger = [use, .. commits] });
        Assert.Equal(
            string.Join(' ', [
                $"1|1/reserve|2026-03-01 09:30:00+00|Reservation|1|500|USD|2|3|700|900|{order}|ada \"é\",code",
                .. Enumerable.Range(2, rows - 1).Select(i => $"{i}|{i}/settle|2026-03-01 09:30:00+00|Commit|1|0||2|3|700|900|{order}|"),
            ]),
            await silo.QueryAsync<string>("""
                select string_agg(concat_ws('|', sequence, operation_id, at, kind, uses, amount, coalesce(currency, ''),
                    reserved_after, committed_after, amount_reserved_after, amount_committed_after, order_id,
                    coalesce((select string_agg(h, ',') from jsonb_array_elements_text(holders) h), '')), ' ' order by sequence)
                from promotion_use where promotion_id = $1
                """, promotion));
        Assert.Equal("ada \"é\"|1|4 code|1|5", await silo.QueryAsync<string>(
            "select string_agg(concat_ws('|', holder, sequence, uses_after), ' ' order by holder) from promotion_holder_use where "
                + "promotion_id = $1", promotion));
    }

    [Fact]
    public async Task a_promotion_refuses_the_second_row_of_an_operation_and_counts_below_zero()
    {
        var promotion = $"promotion-{Guid.NewGuid():N}";
        var use = new PromotionUseRow(promotion, 1, "1/reserve", At, "Reservation", 1, 0, null, 1, 0, 0, 0, Guid.NewGuid(), []);
        await WriteAsync(NewId(), new StateEnvelope<Note> { State = new Note("1"), Ledger = [use] });
        PromotionUseRow[] wrong =
        [
            use with { Sequence = 2 }, use with { OperationId = "2/reserve" },
            use with { Sequence = 2, OperationId = "2/settle", ReservedAfter = -1 },
            use with { Sequence = 2, OperationId = "2/settle", HolderRows = [new PromotionHolderRow(promotion, "ada", 2, -1)] },
        ];
        foreach (var row in wrong)
            await Assert.ThrowsAnyAsync<Exception>(
                () => WriteAsync(NewId(), new StateEnvelope<Note> { State = new Note("1"), Ledger = [row] }));
        Assert.Equal(1, await silo.QueryAsync<long>("select count(*) from promotion_use where promotion_id = $1", promotion));
    }

    [Fact]
    public async Task the_index_of_a_document_can_be_queried()
    {
        var id = NewId();
        var state = await WriteAsync(id, new StateEnvelope<Note> { State = new Note("1"), Index = new Note("ada@example.com") });
        Assert.Equal(
            "ada@example.com", await silo.QueryAsync<string>("select index ->> 'text' from grain_state where grain_key = $1", $"{id.Key}"));
        await Storage.ClearStateAsync(Name, id, state);
        Assert.True(
            await silo.QueryAsync<bool>("select index is null and state is null from grain_state where grain_key = $1", $"{id.Key}"));
    }

    private static GrainId NewId() => GrainId.Create("cart", Guid.NewGuid().ToString("N"));

    private async Task<GrainState<T>> ReadAsync<T>(GrainId id, string name = Name)
    {
        var state = new GrainState<T>();
        await Storage.ReadStateAsync(name, id, state);
        return state;
    }

    private async Task<T> BackAsync<T>(T value)
    {
        var id = NewId();
        await WriteAsync(id, value);
        return (await ReadAsync<T>(id)).State!;
    }

    private async Task<GrainState<T>> WriteAsync<T>(GrainId id, T value)
    {
        var state = new GrainState<T>(value);
        await Storage.WriteStateAsync(Name, id, state);
        return state;
    }

    private static async Task<bool> WinsAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }

    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    private static LedgerRow Movement(string operation, long sequence) => new(
        $"SKU-{Guid.NewGuid():N}", sequence, operation, At, "Reservation", 1, 5, 2, null);

    private static EventEnvelope[] Events(GrainId id, params int[] sequences) =>
    [
        .. sequences.Select(n => new EventEnvelope(
            $"{id}#{n}", $"{id}", n, "inventory.out-of-stock", "x", "cart", "x", DateTimeOffset.UtcNow, null, null, null, null,
            new InventoryOutOfStock("X"))),
    ];

    private Task<long> EventsOfAsync(GrainId id) => silo.QueryAsync<long>("select count(*) from event where source = $1", $"{id}");

    private Task<long> MovementsOfAsync(string sku) => silo.QueryAsync<long>("select count(*) from stock_ledger where sku = $1", sku);
}

[GenerateSerializer]
public class SealedOff
{
    [Id(0)] public int Number { get; private set; }
    [Id(1)] public string? Name { get; private set; }

    public void Set(int number, string name) => (Number, Name) = (number, name);
}

[GenerateSerializer]
public record Animal
{
    [Id(0)] public string Name { get; init; } = "";
}

[GenerateSerializer]
public sealed record Dog : Animal
{
    [Id(0)] public int Age { get; init; }
}

/// <summary>Derived, and not marked.</summary>
public sealed record Stray : Animal;

[GenerateSerializer]
public sealed class Farm
{
    [Id(0)] public List<Animal> Animals { get; set; } = [];
    [Id(1)] public Dictionary<string, Animal> ByName { get; set; } = [];
}

[GenerateSerializer]
public sealed class Knot
{
    [Id(0)] public Knot? Other { get; set; }
}

/// <summary>A class that Orleans knows nothing of.</summary>
public sealed class Unmarked
{
    public string? Name { get; set; }
}

[GenerateSerializer]
public sealed class Marked
{
    [Id(0)] public string? Name { get; set; }
}

/// <summary>A state of no special kind.</summary>
[GenerateSerializer]
public sealed record Note([property: Id(0)] string Text)
{
    public Note() : this("")
    {
    }
}

[Collection(nameof(StorageProviders))]
public sealed class GroupCommitContractTests(StorageProviders silo) : StorageContract(silo, StorageProvider.GroupCommit);

[Collection(nameof(StorageProviders))]
public sealed class AdoNetContractTests(StorageProviders silo) : StorageContract(silo, StorageProvider.AdoNet);
