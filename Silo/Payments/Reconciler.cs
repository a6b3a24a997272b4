using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Compares payments with the provider's transactions and with the orders, settles differences where possible, and records the others as
/// discrepancies. One silo runs it at a time. A run is bounded, and the next one continues where it ended; while reconciliation is behind,
/// the next run follows at once. New payments and orders are compared before older ones, and are never skipped, however many there are.
/// Every step is idempotent.
/// </summary>
internal sealed partial class Reconciler(
    IProviderTransactions transactions, PaymentSnapshots shop, ReconciliationStore store, PaymentReview review, PaymentMetrics metrics,
    IOptions<PaymentsOptions> options, ILogger<Reconciler> log, TimeProvider time)
{
    /// <summary>How long a lease lasts without renewal. Longer than one payment can take.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>After this many consecutive failures, a run stops settling unsettled payments.</summary>
    private const int MaxFailures = 5;

    private ReconciliationOptions Options => options.Value.Reconciliation;

    /// <summary>Runs reconciliation if it is due and no other silo runs it. True when it ran.</summary>
    public async Task<bool> RunIfDueAsync(string owner, CancellationToken cancellation)
    {
        if (await store.TryTakeAsync(owner, Lease, cancellation) is not var (position, now))
            return false;
        var run = new Run(owner, now, position);
        var (error, interval) = ((string?)null, TimeSpan.FromSeconds(Options.IntervalSeconds));
        try
        {
            await SettleUnsettledAsync(run, cancellation);
            await ComparePaymentsAsync(run, cancellation);
            await CompareOrdersAsync(run, cancellation);
            await RecheckAsync(run, cancellation);
            await store.RemoveResolvedAsync(Options.KeepResolvedDays, cancellation);
            if (run.IsBehind)
                interval = TimeSpan.Zero;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Another silo can continue at once.
            (error, interval) = ("The silo was stopped.", TimeSpan.Zero);
        }
        catch (Exception e)
        {
            error = options.Value.Providers.Redact(e.Message);
            LogFailed(log, error);
        }
        await store.EndAsync(owner, run.Report with { Error = error }, interval, CancellationToken.None);
        return true;
    }

    /// <summary>Settles payments that have been unsettled for too long.</summary>
    private async Task SettleUnsettledAsync(Run run, CancellationToken cancellation)
    {
        for (var pages = 0; pages < Options.MaxPagesPerRun; pages++)
        {
            var page = await shop.UnsettledAsync(
                TimeSpan.FromSeconds(Options.TooLongSeconds), run.Position.UnsettledAfter, Options.PageSize, cancellation);
            foreach (var side in page)
            {
                run.Report = run.Report with { InBetween = run.Report.InBetween + 1 };
                await PaceAsync(run, cancellation);
                await SaveAsync(run, run.Position, cancellation);
                // A payment that cannot be settled does not block the others, in this run or the next.
                run.Position = run.Position with { UnsettledAfter = side.Id.ToString("N") };
                if (!await TryAsync(run, side.Id, () => review.SettleAsync(side.Id)))
                {
                    if (run.Failures >= MaxFailures)
                        return;
                    continue;
                }
                // Only the provider knows whether money is still held.
                foreach (var reference in side.Payment!.Attempts.Where(a => a.MayTake).Select(a => a.Reference).OfType<string>())
                    await CheckAsync(run, side.Id, reference, null, cancellation);
            }
            await SaveAsync(
                run, run.Position with { UnsettledAfter = page.Count < Options.PageSize ? "" : page[^1].Id.ToString("N") }, cancellation);
            if (page.Count < Options.PageSize)
                return;
        }
        run.IsBehind = true;
    }

    /// <summary>Compares the provider's payments: new ones first, then, if time is left, those of the last days again.</summary>
    private async Task ComparePaymentsAsync(Run run, CancellationToken cancellation)
    {
        var pass = run.Position.NewPayments ?? ReconciliationWindow.OfNew(run.Position.PaymentsComparedTo, run.StartedAt, Options);
        if (!await ComparePaymentsAsync(run, pass, (position, rest) => rest is not null
            ? position with { NewPayments = rest }
            : position with { NewPayments = null, PaymentsComparedTo = pass.To }, cancellation))
        {
            run.IsBehind = true;
        }
        else if ((run.Position.Payments ?? ReconciliationWindow.OfOld(pass.From, run.StartedAt, Options)) is { } old)
        {
            await ComparePaymentsAsync(run, old, (position, rest) => position with { Payments = rest }, cancellation);
        }
    }

    /// <summary>Compares a window of the provider's payments. True when it reached the end.</summary>
    private async Task<bool> ComparePaymentsAsync(
        Run run, ReconciliationWindow pass, Func<ReconciliationPosition, ReconciliationWindow?, ReconciliationPosition> advance,
        CancellationToken cancellation)
    {
        for (var pages = 0; pages < Options.MaxPagesPerRun; pages++)
        {
            await PaceAsync(run, cancellation);
            var page = await transactions.ListAsync(pass.From, pass.To, pass.After, Options.PageSize, cancellation);
            var ours = page.Items.Where(f => f.OrderId is not null).ToArray();
            var sides = await shop.ReadAsync(ours.Select(f => f.OrderId!.Value), cancellation);
            foreach (var transaction in ours)
            {
                run.Report = run.Report with { Payments = run.Report.Payments + 1 };
                if (!Compare(sides[transaction.OrderId!.Value], transaction.Reference, transaction).IsEmpty)
                    await CheckAsync(run, transaction.OrderId.Value, transaction.Reference, null, cancellation);
            }
            var goesOn = page is { HasMore: true, Items.Length: > 0 };
            pass = pass with { After = goesOn ? page.Items[^1].Reference : null };
            await SaveAsync(run, advance(run.Position, goesOn ? pass : null), cancellation);
            if (!goesOn)
                return true;
        }
        return false;
    }

    /// <summary>Compares orders with their payments: new ones first, then, if time is left, those of the last days again.</summary>
    private async Task CompareOrdersAsync(Run run, CancellationToken cancellation)
    {
        var pass = run.Position.NewOrders ?? ReconciliationWindow.OfNew(run.Position.OrdersComparedTo, run.StartedAt, Options);
        if (!await CompareOrdersAsync(run, pass, (position, rest) => rest is not null
            ? position with { NewOrders = rest }
            : position with { NewOrders = null, OrdersComparedTo = pass.To }, cancellation))
        {
            run.IsBehind = true;
        }
        else if ((run.Position.Orders ?? ReconciliationWindow.OfOld(pass.From, run.StartedAt, Options)) is { } old)
        {
            await CompareOrdersAsync(run, old, (position, rest) => position with { Orders = rest }, cancellation);
        }
    }

    /// <summary>Compares a window of the orders. True when it reached the end.</summary>
    private async Task<bool> CompareOrdersAsync(
        Run run, ReconciliationWindow pass, Func<ReconciliationPosition, ReconciliationWindow?, ReconciliationPosition> advance,
        CancellationToken cancellation)
    {
        for (var pages = 0; pages < Options.MaxPagesPerRun; pages++)
        {
            var page = await shop.OrdersAsync(pass.From, pass.To, pass.AfterTime ?? "", pass.After ?? "", Options.PageSize, cancellation);
            foreach (var side in page)
            {
                run.Report = run.Report with { Orders = run.Report.Orders + 1 };
                if (!PaymentComparison.WithOrder(side.Order, side.Payment).IsEmpty)
                    await CheckAsync(
                        run, side.Id, side.Payment?.Attempts.LastOrDefault(a => a.Reference is not null)?.Reference, null, cancellation);
            }
            var goesOn = page.Count == Options.PageSize;
            pass = goesOn ? pass with { After = page[^1].Id.ToString("N"), AfterTime = page[^1].PlacedAt } : pass;
            await SaveAsync(run, advance(run.Position, goesOn ? pass : null), cancellation);
            if (!goesOn)
                return true;
        }
        return false;
    }

    /// <summary>Compares open discrepancies that this run has not found again.</summary>
    private async Task RecheckAsync(Run run, CancellationToken cancellation)
    {
        var open = await store.OpenAsync(run.StartedAt, Options.PageSize, cancellation);
        foreach (var (id, reference) in open.Select(d => (d.PaymentId, d.Reference)).Distinct())
        {
            await CheckAsync(run, id, reference.Length > 0 ? reference : null, "It was found in order.", cancellation);
            await SaveAsync(run, run.Position, cancellation);
        }
    }

    /// <summary>Compares one payment again: reads both sides, settles differences, and records what was and is different.</summary>
    /// <param name="run">The run.</param>
    /// <param name="id">The payment.</param>
    /// <param name="reference">The provider's reference; null to compare only with the order.</param>
    /// <param name="known">The resolution of earlier discrepancies that are gone; null when there are none.</param>
    /// <param name="cancellation">Ends the run.</param>
    private async Task CheckAsync(Run run, Guid id, string? reference, string? known, CancellationToken cancellation)
    {
        // Reads again, because a change between the two earlier reads is not a difference.
        var (side, transaction) = await ReadAsync(run, id, reference, cancellation);
        var found = Compare(side, reference, transaction);
        if (found.IsEmpty && known is null)
            return;
        var left = found;
        if (!found.IsEmpty && await TryAsync(run, id, () => SettleAsync(side, transaction, found)))
        {
            (side, transaction) = await ReadAsync(run, id, reference, cancellation);
            left = Compare(side, reference, transaction);
        }
        await RecordAsync(run, id, reference, found, left, found.IsEmpty ? known! : "Reconciliation settled it.", cancellation);
        await SaveAsync(run, run.Position, cancellation);
    }

    private async Task<(PaymentSnapshot Side, ProviderTransaction? Facts)> ReadAsync(
        Run run, Guid id, string? reference, CancellationToken cancellation)
    {
        if (reference is not null)
            await PaceAsync(run, cancellation);
        var transaction = reference is null ? null : await transactions.FindAsync(reference, cancellation);
        return ((await shop.ReadAsync([id], cancellation))[id], transaction);
    }

    private static ImmutableArray<PaymentDifference> Compare(PaymentSnapshot side, string? reference, ProviderTransaction? transaction) =>
    [
        .. transaction is not null ? PaymentComparison.WithProvider(side.Payment, transaction)
            : reference is not null ? PaymentComparison.WithoutProvider(side.Payment, reference)
            : [],
        .. PaymentComparison.WithOrder(side.Order, side.Payment),
    ];

    private async Task SettleAsync(PaymentSnapshot side, ProviderTransaction? transaction, ImmutableArray<PaymentDifference> found)
    {
        if (transaction is not null)
            await review.ReviewAsync(side.Id, transaction);
        else if (side.Payment is not null)
            await review.SettleAsync(side.Id);
        // A completed order accepts no payment. An order in progress was advanced by the settlement above.
        if (side.Payment is { } payment
            && found.Any(d => d.Kind == DiscrepancyKind.PaidWithoutOrder)
            && PaymentComparison.HasEnded(side.Order)
            && (side.Order is not null || Options.SettleStrays))
        {
            await review.ReturnAsync(side.Id, payment.Terms);
        }
    }

    private async Task RecordAsync(
        Run run, Guid id, string? reference, ImmutableArray<PaymentDifference> found, ImmutableArray<PaymentDifference> left,
        string resolution, CancellationToken cancellation)
    {
        var settled = found.Count(f => !left.Any(l => l.Kind == f.Kind && l.Reference == f.Reference));
        run.Report = run.Report with
        {
            Found = run.Report.Found + found.Length,
            Settled = run.Report.Settled + settled,
            Resolved = run.Report.Resolved + (found.IsEmpty ? 1 : 0),
        };
        foreach (var difference in found)
            metrics.DiscrepancyFound(difference.Kind, !left.Any(l => l.Kind == difference.Kind && l.Reference == difference.Reference));
        var update = await store.RecordAsync(id, reference is null ? [""] : [reference, ""], found, left, resolution, cancellation);
        foreach (var difference in update)
            LogDiffers(log, difference.Kind, id, difference.Reference, difference.Ours, difference.Theirs);
    }

    /// <summary>Settles a payment; false when that is not possible now. The next run retries it.</summary>
    private async Task<bool> TryAsync(Run run, Guid id, Func<Task> settle)
    {
        try
        {
            await settle();
            run.Failures = 0;
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNotNow(log, id, e.Message);
            run.Failures++;
            return false;
        }
    }

    private async Task SaveAsync(Run run, ReconciliationPosition position, CancellationToken cancellation)
    {
        run.Position = position;
        if (!await store.SaveAsync(run.Owner, position, Lease, cancellation))
            throw new UnavailableException("Another silo has taken over: this one was too slow.");
    }

    private async Task PaceAsync(Run run, CancellationToken cancellation)
    {
        var wait = TimeSpan.FromSeconds(1 / Options.RequestsPerSecond) - time.GetElapsedTime(run.AskedAt);
        if (run.AskedAt != 0 && wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellation);
        run.AskedAt = time.GetTimestamp();
    }

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "{Kind} of payment {PaymentId} {Reference} differs and could not be settled: the payment says '{Ours}', "
            + "the provider or order '{Theirs}'. See GET /admin/payments/discrepancies?resolved=false.")]
    private static partial void LogDiffers(ILogger log, DiscrepancyKind kind, Guid paymentId, string reference, string ours, string theirs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Payment {PaymentId} could not be settled and is retried: {Reason}")]
    private static partial void LogNotNow(ILogger log, Guid paymentId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Payment reconciliation ended early and continues with the next run: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);

    private sealed class Run(string owner, DateTimeOffset startedAt, ReconciliationPosition position)
    {
        public string Owner => owner;
        public DateTimeOffset StartedAt => startedAt;
        public ReconciliationPosition Position { get; set; } = position;
        public ReconciliationReport Report { get; set; } = new(0, 0, 0, 0, 0, 0, null);
        public int Failures { get; set; }

        /// <summary>True when new payments or orders are left over after this run.</summary>
        public bool IsBehind { get; set; }
        public long AskedAt { get; set; }
    }
}
