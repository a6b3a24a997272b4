using Npgsql;
using NpgsqlTypes;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Creates simulated payments in batches. Payments requested while a statement runs share the next one, so that many concurrent checkouts
/// share a commit. The commit does not wait for the disk: PostgreSQL has one log, so the commit with which the shop records the payment
/// flushes this one too. A crash before that loses both, and the shop asks again with the same idempotency key.
/// </summary>
internal sealed class SimulatedPaymentCreation : IAsyncDisposable
{
    private const int MaxBatch = 256;
    private const int MaxQueued = 10_000;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource database;
    private readonly BatchConnection connection;
    private readonly BatchQueue<PendingPayment> queue;

    private readonly BatchStatement insert = new(
        $"""
        insert into simulated_payment (reference, idempotency_key, order_id, amount, currency, payment_method, status,
            client_secret, decline_code)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning {SimulatedPaymentProvider.Columns}
        """,
        BatchStatement.Arrays(
        [
            NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Uuid, NpgsqlDbType.Bigint, NpgsqlDbType.Text, NpgsqlDbType.Text,
            NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text,
        ]));

    public SimulatedPaymentCreation(NpgsqlDataSource database)
    {
        this.database = database;
        connection = new BatchConnection(database, CommandTimeout, CommandTimeout, waitsForDisk: false);
        queue = new BatchQueue<PendingPayment>(new BatchLimits(MaxBatch, MaxBatch, MaxQueued, MaxWait), CreateAsync);
        queue.Start();
    }

    /// <summary>Creates a payment, or returns the one with the same reference. Completes after the commit.</summary>
    /// <exception cref="UnavailableException">The database is overloaded; the payment was not created.</exception>
    /// <exception cref="NpgsqlException">The database rejected the payment, or the connection was lost and the outcome is
    /// unknown.</exception>
    public async Task<ProviderPayment> CreateAsync(NewSimulatedPayment payment, CancellationToken cancellation)
    {
        var pending = new PendingPayment(payment);
        await using var giveUp = cancellation.UnsafeRegister(static (p, c) => ((PendingPayment)p!).TrySetCanceled(c), pending);
        await queue.EnqueueAsync(pending, cancellation);
        return await pending.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await queue.StopAsync(MaxWait, CancellationToken.None);
        await connection.DisposeAsync();
    }

    private async Task CreateAsync(List<PendingPayment> batch, CancellationToken cancellation)
    {
        try
        {
            var created = await InsertAsync(batch, cancellation);
            foreach (var pending in batch)
                pending.TrySetResult(created[pending.Payment.Reference]);
        }
        catch (PostgresException) when (batch.Count > 1)
        {
            // The database rejected the whole statement. The payments are retried one by one, so that only the bad one fails.
            foreach (var pending in batch)
                await CreateAsync([pending], cancellation);
        }
        catch (Exception e)
        {
            await connection.DropAsync();
            foreach (var pending in batch)
                pending.TrySetException(e);
        }
    }

    private async Task<Dictionary<string, ProviderPayment>> InsertAsync(List<PendingPayment> batch, CancellationToken cancellation)
    {
        var payments = new Dictionary<string, ProviderPayment>(batch.Count);
        await using (var command = new NpgsqlBatch(await connection.OpenAsync(cancellation)) { Timeout = (int)CommandTimeout.TotalSeconds })
        {
            insert.AddTo(
                command, Column(batch, p => p.Reference), Column(batch, p => p.IdempotencyKey), Column(batch, p => p.OrderId),
                Column(batch, p => p.Amount.Amount), Column(batch, p => p.Amount.Currency), Column(batch, p => p.PaymentMethod),
                Column(batch, p => p.Status), Column(batch, p => p.ClientSecret), Column(batch, p => p.DeclineCode));
            await command.PrepareAsync(cancellation);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            await ReadAsync(reader, payments, cancellation);
        }
        connection.Used();
        var known = batch.Where(p => !payments.ContainsKey(p.Payment.Reference)).Select(p => p.Payment.Reference).ToArray();
        if (known.Length == 0)
            return payments;
        // An earlier transaction, for which the insert has waited, created the payment under this reference.
        await using var select = database.CreateCommand(
            $"select {SimulatedPaymentProvider.Columns} from simulated_payment where reference = any ($1)");
        select.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = known });
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        await ReadAsync(rows, payments, cancellation);
        return payments;
    }

    private static TValue[] Column<TValue>(List<PendingPayment> batch, Func<NewSimulatedPayment, TValue> value) =>
        BatchStatement.Column(batch, p => value(p.Payment));

    private static async Task ReadAsync(
        NpgsqlDataReader reader, Dictionary<string, ProviderPayment> payments, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var payment = SimulatedPaymentProvider.Read(reader);
            payments.Add(payment.Reference!, payment);
        }
    }
}

/// <summary>A payment to create at the simulated provider.</summary>
/// <param name="Reference">Its reference at the provider, derived from the idempotency key.</param>
/// <param name="IdempotencyKey">The idempotency key of the request.</param>
/// <param name="OrderId">The order that it pays.</param>
/// <param name="Amount">The amount.</param>
/// <param name="PaymentMethod">The test card.</param>
/// <param name="Status">The initial status, as stored in the table.</param>
/// <param name="ClientSecret">The secret with which the customer completes the payment; null when it needs no further action.</param>
/// <param name="DeclineCode">Why it was declined; null when it was not.</param>
internal sealed record NewSimulatedPayment(
    string Reference, string IdempotencyKey, Guid OrderId, Money Amount, string PaymentMethod, string Status, string? ClientSecret,
    string? DeclineCode);

/// <summary>A payment that waits for its creation. Its caller awaits <see cref="TaskCompletionSource{TResult}.Task"/>.</summary>
internal sealed class PendingPayment(NewSimulatedPayment payment)
    : TaskCompletionSource<ProviderPayment>(TaskCreationOptions.RunContinuationsAsynchronously), IBatchItem
{
    public NewSimulatedPayment Payment => payment;

    public StateKey? Key { get; } = new StateKey("simulated_payment", payment.Reference);

    /// <summary>All payments are of similar size, so a batch is limited by their number.</summary>
    public int Bytes => 1;

    public bool IsSettled => Task.IsCompleted;

    public long EnqueuedAtMs { get; } = Environment.TickCount64;

    public void Reject(string reason) =>
        TrySetException(new UnavailableException($"The simulated payment was not created: {reason}. Try again later."));
}
