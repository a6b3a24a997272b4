using Npgsql;
using SoonShop.Payments;
using SoonShop.Silo.Payments;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>Payments that are created at the same moment share a commit, and nothing else.</summary>
[Collection(nameof(StorageProviders))]
public sealed class SimulatedPaymentCreationTests(StorageProviders silo)
{
    [Fact]
    public async Task what_waits_is_created_in_one_transaction()
    {
        var payments = Enumerable.Range(0, 40).Select(_ => NewPayment()).ToArray();

        var created = await Task.WhenAll(await InOneBatchAsync(payments));

        Assert.Equal(payments.Select(p => p.Reference), created.Select(c => c.Reference));
        Assert.All(created, c => Assert.Equal(ProviderPaymentStatus.Captured, c.Status));
        Assert.InRange(await silo.QueryAsync<long>(
            "select count(distinct xmin::text) from simulated_payment where reference = any ($1)",
            [payments.Select(p => p.Reference).ToArray()]), 1, 2);
    }

    [Fact]
    public async Task what_was_created_under_the_same_key_is_answered_again()
    {
        var first = NewPayment() with { Status = "requires_action", ClientSecret = "first" };

        var created = await Task.WhenAll(await InOneBatchAsync(
            first, NewPayment(), first with { ClientSecret = "second" }, first with { ClientSecret = "third" }));

        Assert.Equal("first", created[0].ClientSecret);
        Assert.Equal(created[0], created[2]);
        Assert.Equal(created[0], created[3]);
    }

    [Fact]
    public async Task a_payment_that_the_database_refuses_fails_alone()
    {
        var created = await InOneBatchAsync(NewPayment(), NewPayment() with { Status = null! }, NewPayment());

        var refused = await Assert.ThrowsAsync<PostgresException>(() => created[1]);
        Assert.Equal(PostgresErrorCodes.NotNullViolation, refused.SqlState);
        Assert.Equal(ProviderPaymentStatus.Captured, (await created[0]).Status);
        Assert.Equal(ProviderPaymentStatus.Captured, (await created[2]).Status);
    }

    [Fact]
    public async Task who_gives_up_waits_no_longer()
    {
        await using var creation = new SimulatedPaymentCreation(silo.Database);
        using var patience = new CancellationTokenSource();
        await using var holder = await silo.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var held = await HoldAsync(holder);

        var creating = creation.CreateAsync(NewPayment(), patience.Token);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creating);
        await held.RollbackAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Creates payments that all wait when the first of them is let through.</summary>
    private async Task<Task<ProviderPayment>[]> InOneBatchAsync(params NewSimulatedPayment[] payments)
    {
        await using var creation = new SimulatedPaymentCreation(silo.Database);
        await using var holder = await silo.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var held = await HoldAsync(holder);
        var created = payments.Select(p => creation.CreateAsync(p, CancellationToken.None)).ToArray();
        await held.RollbackAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(created)
            .ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        return created;
    }

    private static async Task<NpgsqlTransaction> HoldAsync(NpgsqlConnection connection)
    {
        var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("lock table simulated_payment in exclusive mode", connection, transaction);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return transaction;
    }

    private static NewSimulatedPayment NewPayment()
    {
        var key = Guid.NewGuid().ToString("N");
        return new($"sim_{key}", key, Guid.NewGuid(), new Money(1999, "USD"), "pm_card_visa", "captured", null, null);
    }
}
