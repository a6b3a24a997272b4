using Microsoft.Extensions.DependencyInjection;
using SoonShop.Imports;
using SoonShop.Silo.Imports;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Imports;

/// <summary>One job is one silo's: leases, fences, and what remains of jobs.</summary>
public sealed class ImportLeaseTests(ImportLeaseTests.IdleSilo silo) : IClassFixture<ImportLeaseTests.IdleSilo>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private static readonly RowResult[] Rows =
    [
        RowResult.Changed(2, "a"), RowResult.Wrong(3, "SKU", ErrorText.Of("import.sku", "b")), RowResult.Unchanged(4),
    ];
    private readonly CancellationToken cancellation = TestContext.Current.CancellationToken;

    private ImportQueue Queue => silo.Services.GetRequiredService<ImportQueue>();

    private ImportStore Store => silo.Services.GetRequiredService<ImportStore>();

    private IImportJobsGrain Jobs => silo.Grains.GetGrain<IImportJobsGrain>(0);

    [Fact]
    public async Task a_silo_that_lost_its_lease_writes_nothing()
    {
        var id = await NewAsync();
        var first = await TakeAsync(TimeSpan.Zero);
        Assert.Equal((id, false, 0L), (first.JobId, first.IsApplying, first.Rows));
        await first.CommitAsync(0, 3, Rows, cancellation);
        await ExecuteAsync("update import_job set leased_until = '-infinity' where id = $1", id);
        var second = await TakeAsync(Long);
        Assert.Equal((id, 3L), (second.JobId, second.Rows));
        foreach (var write in (Func<Task>[])
        [
            () => first.CommitAsync(3, 6, Rows, cancellation), () => first.PlanAsync(3, Rows, cancellation),
            () => first.RenewAsync(cancellation), () => first.CompleteAsync(6, cancellation), () => first.FailAsync([], cancellation),
            () => first.IgnoreColumnsAsync([], cancellation),
        ])
            await Assert.ThrowsAsync<ImportLostException>(write);
        await second.CommitAsync(3, 6, Rows, cancellation);
        // A batch is committed once.
        await Assert.ThrowsAsync<ImportLostException>(() => second.CommitAsync(3, 6, Rows, cancellation));
        await second.CompleteAsync(6, cancellation);
        var job = (await Jobs.GetAsync(id, cancellation)).Value!;
        Assert.Equal((ImportStatus.Checked, 6L, new ImportCounts(0, 2, 2, 2)), (job.Status, job.Rows, job.Counts));
        await Jobs.CancelAsync(id);
    }

    [Fact]
    public async Task one_job_runs_at_a_time_and_the_next_waits()
    {
        var (one, two) = (await NewAsync(), await NewAsync());
        var first = await TakeAsync(Long);
        Assert.Equal(one, first.JobId);
        Assert.Null(await Queue.TakeAsync("other", Long, 1, cancellation));
        var other = await Queue.TakeAsync("other", Long, 2, cancellation);
        Assert.Equal(two, other!.JobId);
        Assert.Null(await Queue.TakeAsync("third", Long, 9, cancellation));
        await first.ReleaseAsync(Long, cancellation);
        Assert.Null(await Queue.TakeAsync("third", Long, 9, cancellation));
        await Jobs.CancelAsync(one);
        await Jobs.CancelAsync(two);
    }

    [Fact]
    public async Task a_plan_is_there_until_its_batch_is_committed()
    {
        var id = await NewAsync();
        var lease = await TakeAsync(Long);
        await lease.CompleteAsync(3, cancellation);
        await Jobs.ApplyAsync(id);
        var applying = await TakeAsync(Long);
        Assert.True(applying.IsApplying);
        Assert.Null(await applying.FindPlanAsync(0, cancellation));
        await applying.PlanAsync(0, Rows[..1], cancellation);
        Assert.Equal(2, Assert.Single((await applying.FindPlanAsync(0, cancellation))!).Line);
        Assert.Empty((await Jobs.GetResultsAsync(id, 0, cancellation)).Value!.Lines);
        await applying.CommitAsync(0, 3, Rows, cancellation);
        Assert.Null(await applying.FindPlanAsync(0, cancellation));
        Assert.Equal([2, 3], (await Jobs.GetResultsAsync(id, 0, cancellation)).Value!.Lines.Select(l => l.Line));
        await Jobs.CancelAsync(id);
    }

    [Fact]
    public async Task a_cancelled_job_writes_nothing_more()
    {
        var id = await NewAsync();
        var lease = await TakeAsync(Long);
        Assert.Equal(ImportStatus.Cancelled, (await Jobs.CancelAsync(id)).Value!.Status);
        Assert.Equal(ImportStatus.Cancelled, (await Jobs.CancelAsync(id)).Value!.Status);
        await Assert.ThrowsAsync<ImportLostException>(() => lease.CommitAsync(0, 3, Rows, cancellation));
        Assert.Equal(ErrorCode.Conflict, (await Jobs.ApplyAsync(id)).Error!.Code);
        Assert.Null(await Queue.TakeAsync("other", Long, 9, cancellation));
    }

    [Fact]
    public async Task jobs_are_deleted_after_their_time()
    {
        var (old, young, incomplete) = (await NewAsync(), await NewAsync(), Guid.NewGuid());
        await Jobs.CreateAsync(incomplete, "stock");
        await Jobs.AppendAsync(incomplete, 0, [1, 2]);
        foreach (var id in (Guid[])[old, young])
            await Jobs.CancelAsync(id);
        await ExecuteAsync("update import_job set created_at = created_at - interval '31 days' where id = $1", old);
        await ExecuteAsync(
            "update import_job set created_at = created_at - interval '25 hours' where id = any($1)", new[] { young, incomplete });
        await Store.SweepAsync(cancellation);
        var isGone = await Task.WhenAll(
            ((Guid[])[old, young, incomplete]).Select(async id => (await Jobs.GetAsync(id, cancellation)).IsError));
        Assert.Equal([true, false, true], isGone);
        await using var command = silo.Database.CreateCommand("select count(*) from import_file where job_id = any($1)");
        command.Parameters.Add(new() { Value = new[] { old, incomplete } });
        Assert.Equal(0L, await command.ExecuteScalarAsync(cancellation));
    }

    private Task<Guid> NewAsync() => ImportJobTests.UploadAsync(Jobs, "stock", "SKU,On hand\nA,1\n");

    private async Task<ImportLease> TakeAsync(TimeSpan duration) =>
        await Queue.TakeAsync("test", duration, 9, cancellation) ?? throw new InvalidOperationException("No job waits.");

    private async Task ExecuteAsync(string sql, object value)
    {
        await using var command = silo.Database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>A silo that leaves the jobs to the test.</summary>
    public sealed class IdleSilo : InProcessSilo
    {
        protected override Dictionary<string, string?> Settings => new() { ["Imports:MaxRunningJobs"] = "0" };
    }
}
