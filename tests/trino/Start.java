/** Starts the Trino server of this version, which is on the class path, with the settings that -Dconfig names. */
public class Start {
    public static void main(String[] arguments) {
        new io.trino.server.Server().start(arguments[0]);
    }
}
